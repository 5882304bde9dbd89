#!/bin/sh
# Gives a new Docker volume to the user of the service that it is for. Whatever lies in it already is left alone.
#
# stdin  from here on a line with the volume's name
# $1     numeric uid:gid that it shall belong to
# $2     the service's name in the swarm, and $3 its short name, which is the volume's label
# $4     prefix of the labels that say whose a volume is
# $5     file in the volume that says whom it was given to
set -eu
umask 022

owner=$1 service=$2 short=$3 prefix=$4
IFS= read -r volume

refuse() {
	printf '%s: %s; nothing was changed\n' "$service" "$1" >&2
	exit 1
}

label() {
	docker volume inspect --format "{{index .Labels \"$prefix.$1\"}}" "$volume" 2>/dev/null
}

folder=$(docker volume inspect --format '{{.Mountpoint}}' "$volume") ||
	refuse "volume $volume must be there, see docker volume ls"
[ -d "$folder" ] || refuse "volume $volume must lie in a folder of this machine, got ${folder:-none}"
mark=$folder/$5
by_hand="stop the service and run as root: chown -R $owner $folder && echo $owner >$mark"

if [ -e "$mark" ]; then
	before=$(cat "$mark")
	[ "$before" = "$owner" ] ||
		refuse "volume $volume was given to $before and the service now runs as $owner; its data stays as it is: $by_hand"
	exit 0
fi

# The service may have removed the mark: the folder is its own.
if [ "$(stat -c %u:%g "$folder")" = "$owner" ]; then exit 0; fi

options=$(docker volume inspect --format '{{.Driver}} {{len .Options}}' "$volume")
[ "$options" = "local 0" ] ||
	refuse "volume $volume must be a plain local one, got driver and number of options $options"
if [ "$(label managed-by)" != pulumi ] || [ "$(label service)" != "$short" ]; then
	refuse "volume $volume must have been made by this program, got one without its labels; if its data is the service's, $by_hand"
fi
[ -z "$(ls -A "$folder")" ] ||
	refuse "volume $volume must be empty or belong to $owner, got data of $(stat -c %u:%g "$folder"); $by_hand"

# The mark comes last: an interrupted run finds an empty folder again, or its owner.
chown "$owner" "$folder"
chmod 0750 "$folder"
printf '%s\n' "$owner" >"$mark"
