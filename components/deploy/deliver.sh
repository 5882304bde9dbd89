#!/bin/sh
# Puts a service's files in place on its node: all of them or none.
#
# stdin  from here on base64 of a tar with config/, secrets/ and, as its last entry, the empty file "complete"
# $1     the service's folder on this machine; config/ and secrets/ in it are mounted into the container
# $2     numeric uid:gid of the container's user, who alone may read secrets/
# $3     the container's name
# $4     the image that it shall run
# $5     signal that makes the running program read its files again; empty where it is replaced instead
# $6...  command in the container that refuses a bad configuration lying in config/.next
#
# The two mounted folders keep their inodes: a bind mount follows the inode, not the name. So new files are
# renamed into them one by one, and only when every one of them has arrived and the check has passed.
set -eu
umask 077

folder=$1 owner=$2 container=$3 image=$4 signal=$5
shift 5

staging=$folder/.next
candidate=$folder/config/.next

discard() { rm -rf -- "$staging" "$candidate"; }

refuse() {
	printf '%s: %s; the files of before are still in place\n' "$container" "$1" >&2
	exit 1
}

# Every path below folder $1, folders before what is in them.
paths() (cd "$1" && find . -mindepth 1 ! -path ./.next ! -path './.next/*')

newline='
'

# Moves all of folder $1 into folder $2 and removes from $2 what $1 does not have.
put() {
	wanted=$(paths "$1")
	present=$(paths "$2")
	printf '%s\n' "$wanted" | while IFS= read -r path; do
		[ -n "$path" ] || continue
		[ -e "$1/$path" ] || continue # it moved along with its folder
		if [ -d "$1/$path" ] && [ -d "$2/$path" ]; then continue; fi
		if [ -d "$1/$path" ] || [ -d "$2/$path" ]; then rm -rf -- "${2:?}/$path"; fi
		mv -f -- "$1/$path" "$2/$path"
	done
	printf '%s\n' "$present" | while IFS= read -r path; do
		[ -n "$path" ] || continue
		case "$newline$wanted$newline" in
		*"$newline$path$newline"*) ;;
		*) rm -rf -- "${2:?}/$path" ;;
		esac
	done
}

trap discard EXIT
trap 'exit 1' HUP INT TERM

discard
mkdir -p -- "$folder/config" "$folder/secrets" "$staging"
base64 -d | tar -xpmf - -C "$staging" || refuse 'its new files could not be unpacked'
[ -e "$staging/complete" ] || refuse 'its new files did not arrive completely'

running=
if [ -n "$signal" ]; then
	# Another image may speak another configuration; that container is about to be replaced, not reloaded.
	running=$(docker ps --quiet --filter "name=^/$container\$" --filter "ancestor=$image" --filter status=running)
fi

if [ -n "$running" ]; then
	mv -- "$staging/config" "$candidate"
	said=$(docker exec "$running" "$@" 2>&1) ||
		refuse "the program refuses its new configuration, saying: $said (docker stop $container skips this check)"
	put "$candidate" "$folder/config"
else
	put "$staging/config" "$folder/config"
fi
put "$staging/secrets" "$folder/secrets"

chmod 0555 "$folder/config"
chown "$owner" "$folder/secrets"
chmod 0500 "$folder/secrets"

# Not `docker kill`: whatever the signal, Docker then counts the container as stopped by hand and does not start
# it again when the machine has restarted (moby, daemon/kill.go).
if [ -n "$running" ]; then kill -s "$signal" "$(docker inspect --format '{{.State.Pid}}' "$running")"; fi
