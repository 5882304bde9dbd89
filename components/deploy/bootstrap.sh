#!/bin/sh
# Puts on the node what a service needs for the first start of a generation, which must not be an earlier one: that
# would bring old data back, and what is written for the new one would be removed.
#
# stdin  from here on the file's content
# $1     the service's folder for it, which also keeps the highest generation that there was
# $2     the file's name
# $3     numeric uid:gid of the container's user, who alone may read it
# $4     the generation
set -eu
umask 077

folder=$1 file=$2 owner=$3 generation=$4

# One at a time: a run goes on where its connection broke, and the next one may begin beside it.
mkdir -p -- "$folder"
exec 8>"${folder%/*}/.${folder##*/}.lock"
flock --wait 60 8

highest=0
if [ -e "$folder/generation" ]; then
	highest=$(cat -- "$folder/generation")
	case $highest in
	'' | *[!0-9]*)
		echo "$folder/generation: must hold the highest generation that this machine had, got something else" >&2
		exit 1
		;;
	esac
fi
if [ "$generation" -lt "$highest" ]; then
	printf 'aiswarm:vault.generation: must not go back, got %s after %s on this machine; set it to %s\n' \
		"$generation" "$highest" "$highest" >&2
	exit 1
fi
cat >"$folder/.next"
chown -R "$owner" "$folder"
chmod 0500 "$folder"
chmod 0400 "$folder/.next"
mv -f -- "$folder/.next" "$folder/$file"
# Whole or not at all, and not before the file: a run that is killed is begun again.
printf '%s\n' "$generation" >"$folder/.generation"
mv -f -- "$folder/.generation" "$folder/generation"
