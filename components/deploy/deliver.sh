#!/bin/sh
# Puts a service's files in place on its node: all of them or none.
#
# stdin  from here on a line with the version of the secrets that the node's agent must have rendered, empty where
#        it renders none; a line with the names of secret files that data here opens with: none may get other content,
#        be lost, or come together with another new one; and base64 of a tar with config/, secrets/ and, as its last
#        entry, the empty file "complete"
# $1     the service's folder on this machine; config/ and secrets/ in it are mounted into the container
# $2     numeric uid:gid of the container's user, who alone may read secrets/
# $3     the container's name
# $4     the image that it shall run
# $5     the agent's container, and $6 the file in it that holds the version it has rendered
# $7     signal that makes the running program read its files again; empty where it is replaced instead
# $8...  command in the container that refuses bad files, configuration and secrets, lying in place
#
# The two mounted folders keep their inodes: a bind mount follows the inode, not the name. So new files are
# renamed into them one by one, once every one of them has arrived. A program reads its configuration together
# with its secrets, at the paths that the configuration names: so both are in place when it checks them, and the
# files of before wait aside as hard links (which need no space) until it has agreed. A run that is killed leaves
# them there, and the next one starts by putting them back. One run at a time: what an `up` that was ended has started
# here goes on, and the next `up` may come while it still waits for the agent.
set -eu
umask 077

folder=$1 owner=$2 container=$3 image=$4 agent=$5 version_file=$6 signal=$7
shift 7
IFS= read -r version
IFS= read -r fixed

staging=$folder/.next
before=$folder/.before

# Every path below folder $1, folders before what is in them.
paths() (cd "$1" && find . -mindepth 1)

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

# Copies both folders in $1 into $2 as hard links.
link() {
	rm -rf -- "$2"
	mkdir -- "$2"
	cp -al -- "$1/config" "$1/secrets" "$2/"
}

# Moves both folders from the staging area in place; $1 and $2 are owner and mode of secrets/.
place() {
	put "$staging/config" "$folder/config"
	put "$staging/secrets" "$folder/secrets"
	chmod 0555 "$folder/config"
	chown "$1" "$folder/secrets"
	chmod "$2" "$folder/secrets"
}

# From here on the files in place are the ones to keep.
settle() {
	rm -f -- "$before/complete"
	rm -rf -- "$before" "$staging"
}

# Puts the files of before back, unless they have been settled. They are linked once more, not moved: a run that
# is killed here must leave them whole.
undo() {
	if [ -e "$before/complete" ]; then
		link "$before" "$staging"
		place "$(stat -c %u:%g "$before/secrets")" "$(stat -c %a "$before/secrets")"
	fi
	settle
}

refuse() {
	undo
	printf '%s: %s; %s\n' "$container" "$1" "$kept" >&2
	exit 1
}
kept='the files of before are still in place'

# Refuses what would lose a secret that data here opens with, or leave the data under one that is no longer in use: the
# program uses the last of them and the one before. Their names stay in a list of their own, for a stack that has none.
guard() {
	before_this=$(cat "$folder/.fixed" 2>/dev/null || :)
	for name in $before_this; do
		[ -e "$staging/secrets/$name" ] ||
			refuse "the stack has no $name, and the data here may open with no other (set aiswarm:epochs back to what it was)"
	done
	new=
	count=0
	for name in $fixed; do
		if [ ! -e "$folder/secrets/$name" ]; then
			new="$new $name" count=$((count + 1))
		elif ! cmp -s "$folder/secrets/$name" "$staging/secrets/$name"; then
			refuse "$name on this machine is not the one of the stack, and the data here opens with no other"
		fi
	done
	if [ -n "$before_this" ] && [ "$count" -gt 1 ]; then
		refuse "must get one new key at a time, got$new (set aiswarm:epochs back to what it was, and raise it by one)"
	fi
	[ -z "$fixed" ] || printf '%s\n' "$fixed" >"$folder/.fixed"
}

# Whether the agent has rendered the version that is wanted.
rendered() {
	[ "$(docker exec "$agent" cat "$version_file" 2>/dev/null)" = "$version" ]
}

# Waits $1 seconds for it.
await_rendered() {
	end=$(($(date +%s) + $1))
	until rendered; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

# The agent looks for changes once a minute, but always when it starts. Several services may want that at the same
# time, and each start brings the secrets of all: so one of them does it, and the others look again.
await_secrets() {
	if rendered; then return; fi
	(
		flock 9
		if await_rendered 3; then exit; fi
		docker restart --time 5 "$agent" >/dev/null
		await_rendered 60
	) 9>"${folder%/*}/.agent.lock"
}

mkdir -p -- "$folder/config" "$folder/secrets"
# What this run starts holds the lock with it, so nothing of it goes on once another run has begun.
exec 8>"${folder%/*}/.${folder##*/}.delivery.lock"
if ! flock --wait 300 8; then
	printf '%s: an earlier delivery has not ended within 5 minutes, see ps -ef on its machine\n' "$container" >&2
	exit 1
fi
trap undo EXIT
trap 'exit 1' HUP INT TERM
undo
mkdir -- "$staging"
base64 -d | tar -xpmf - -C "$staging" || refuse 'its new files could not be unpacked'
[ -e "$staging/complete" ] || refuse 'its new files did not arrive completely'
guard
if [ -n "$version" ]; then
	kept='the configuration of before is still in place, beside secrets that may be the new ones'
	await_secrets || refuse "$agent has not fetched its secrets within a minute, see docker logs $agent"
fi

running=
if [ -n "$signal" ]; then
	# Another image may speak another configuration; that container is about to be replaced, not reloaded.
	running=$(docker ps --quiet --filter "name=^/$container\$" --filter "ancestor=$image" --filter status=running)
fi

link "$folder" "$before"
: >"$before/complete"
place "$owner" 0500

if [ -n "$running" ]; then
	said=$(docker exec "$running" "$@" 2>&1) ||
		refuse "the program refuses its new files, saying: $said (docker stop $container skips this check)"
fi
settle

# Not `docker kill`: whatever the signal, Docker then counts the container as stopped by hand and does not start
# it again when the machine has restarted (moby, daemon/kill.go).
if [ -n "$running" ]; then kill -s "$signal" "$(docker inspect --format '{{.State.Pid}}' "$running")"; fi
