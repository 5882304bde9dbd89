# shellcheck shell=sh
# Looks for the lines of standard input, here or on a node, and prints what it finds as
#   path NUL number ":" text LF
# with the byte offset as the number; a path that begins with "!" is a fact for the caller. A call of one of the
# functions follows the last line.
#
# The patterns are secret: they are in no argument, no variable and no file with a name, only in memory behind
# descriptor 3, which every search opens anew. Descriptor 4 takes what programs complain about, 5 takes lists of
# files.
set -u
umask 077
export LC_ALL=C

room=$(mktemp -d -p /dev/shm) || exit 1
exec 3<>"$room/patterns" 4<>"$room/complaints" 5<>"$room/files" || exit 1
rm -r -- "$room"
cat >&3
exec 2>&4

# At most 50 lines of a file, so that a program that repeats itself does not fill the answer.
search='nice grep -a -o -b -H --null -d skip -F -m 50 -f /dev/fd/3'

fact() {
	printf '!%s\000%s:%s\n' "$1" "$2" "${3-}"
}

complain() {
	printf '%s\n' "$1" >&4
}

# Searches standard input under the name $1.
look() {
	$search --label="$1" -
}

# Searches the files named on descriptor 5.
look_in_list() {
	fact files "$(tr -cd '\000' </dev/fd/5 | wc -c)"
	# shellcheck disable=SC2086 # a command and its options
	xargs -0 -r $search </dev/fd/5
}

# Searches packed files below the folders $@ once more, unpacked.
look_in_packed() {
	find "$@" -xdev -type f -name '*.gz' | while IFS= read -r each; do
		gzip -dc -- "$each" | look "$each"
	done
}

# Lists the files below the folders $@ on descriptor 5. Network namespaces pass for files and cannot be read.
list() {
	find "$@" -xdev -type f ! -fstype nsfs -print0 >&5
}

folders() {
	list "$@"
	look_in_list
	look_in_packed "$@"
}

# Everything below the folders $@ and Docker's own, also what is mounted there. A container's file system is left
# out where it is mounted: its layers are read where they lie.
node_files() {
	docker=$(docker info --format '{{.DockerRootDir}}') || docker=/var/lib/docker
	set -- "$@" "$docker"
	while read -r _ where kind _; do
		case $kind in tmpfs | ext[234] | xfs | btrfs | zfs | f2fs | vfat) ;; *) continue ;; esac
		where=$(printf '%b' "$where")
		[ "$kind" != tmpfs ] || fact tmpfs 0 "$where"
		found=
		for root; do
			case $where in "$root") found= && break ;; "$root"/*) found=yes ;; esac
		done
		[ -z "$found" ] || set -- "$@" "$where"
	done </proc/self/mounts
	list "$@"
	look_in_list
	look_in_packed /var/log "$docker/containers"
}

# Arguments and environments of all processes; for each process also its name and control groups, and the names of
# the containers, so that the caller can tell whose it is.
processes() {
	set -- /proc/[0-9]*
	fact processes "$#"
	$search /proc/[0-9]*/cmdline /proc/[0-9]*/environ
	grep -a -o -b -H --null -E '[0-9a-f]{64}' /proc/[0-9]*/cgroup | sed 's/^/!/'
	grep -a -o -b -H --null '..*' /proc/[0-9]*/comm | sed 's/^/!/'
	docker ps --all --no-trunc --format '{{.ID}} {{.Names}}' | while read -r id name; do
		fact "$id" 0 "$name"
	done
}

# What every container has printed. One that is gone meanwhile has nothing to say any more.
container_logs() {
	docker ps --all --format '{{.Names}}' | while read -r name; do
		fact container 0 "$name"
		if docker logs --tail 0 "$name" >/dev/null 2>&1; then
			docker logs "$name" 2>&1 | look "$name"
		elif docker inspect "$name" >/dev/null 2>&1; then
			complain "docker logs $name: must work, got an error"
		fi
	done
}

# The files of volume $1.
volume() {
	where=$(docker volume inspect --format '{{.Mountpoint}}' "$1") || return
	folders "$where"
	fact filled "$(find "$where" -type f -size +0 | wc -l)"
}

# Every object of the git repository in the current folder, also those that no branch leads to.
git_objects() {
	git cat-file --batch-all-objects --batch | look objects
}

# Files of the checkout in the current folder, but for those that git ignores.
git_files() {
	git ls-files -z --cached --others --exclude-standard >&5
	look_in_list
}

finish() {
	head -n 1 /dev/fd/3 | look canary
	grep -a -v -e '^$' -e 'No such file or directory' -e 'No such process' -e 'No such container' /dev/fd/4 |
		head -n 20 | while IFS= read -r complaint; do fact problem 0 "$complaint"; done
	exit 0
}
trap finish EXIT
