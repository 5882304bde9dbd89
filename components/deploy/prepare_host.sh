#!/bin/sh
# Prepares a machine for its services, or takes back what an earlier run of it has put there. Docker is never restarted.
#
# $1     put or remove
# $2     folder of the machine that is the swarm's own; the list of what is ours lies in it
# $3     the stack
# $4     line that every file of ours carries: one without it is another's, and is neither overwritten nor removed
# stdin  from here on a line for each thing that is wanted; `remove` reads none
#          folder PATH MODE
#          file PATH UNIT CONTENT     content in base64; left out where the machine has no such UNIT, - is always there
#          kernel NAME VALUE
#          unit NAME COMMAND          enabled and started; COMMAND shows what is in effect then
#
# The list has a line for each thing before it is made, so that a run that was killed can be taken back:
#   folder PATH, file PATH, unit NAME, kernel NAME VALUE_OF_BEFORE VALUE
set -eu
umask 022

action=$1 root=$2 stack=$3 mark=$4
list=$root/.host-$stack
newline='
'

say() { printf '%s\n' "$*"; }

# Whether line $2 is one of the lines $1.
has() {
	case "$newline$1$newline" in
	*"$newline$2$newline"*) return 0 ;;
	esac
	return 1
}

# What follows the words $1 in those noted lines that begin with them.
noted_of() { printf '%s\n' "$noted" | sed -n "s|^$1 ||p"; }

# Whether a line of $wanted begins with the words $1 and $2.
wants() { printf '%s\n' "$wanted" | cut -d ' ' -f 1,2 | grep -qxF -- "$1 $2"; }

save() {
	printf '%s\n' "$noted" >"$list.new"
	mv -f -- "$list.new" "$list"
}

note() {
	if has "$noted" "$1"; then return; fi
	noted=${noted:+$noted$newline}$1
	save
}

forget() {
	noted=$(printf '%s\n' "$noted" | grep -vxF -- "$1" || :)
	save
}

there() { [ -e "$1" ] || [ -L "$1" ]; }

ours() {
	[ -f "$1" ] && [ ! -L "$1" ] && head -n 2 -- "$1" | grep -qxF -- "$mark"
}

# Whether the machine has a unit, running or not.
has_unit() {
	for folder in /etc /run /usr/local/lib /lib /usr/lib; do
		if [ -e "$folder/systemd/system/$1" ]; then return; fi
	done
	return 1
}

# systemctl is often there where another program is the first process, as in a container.
systemd_runs() { systemctl show --property Version >/dev/null 2>&1; }

in_container() { [ -e /.dockerenv ] || [ -e /run/.containerenv ] || grep -qz '^container=' /proc/1/environ; }

# Makes a folder and those above it, and notes which were not there.
make_folder() {
	if [ -d "$1/" ]; then return; fi
	make_folder "${1%/*}"
	note "folder $1"
	mkdir -- "$1" 2>/dev/null || [ -d "$1" ]
}

# Leaves out of $wanted the files that belong to a unit that the machine lacks.
leave_out() {
	kept=
	while read -r kind path unit rest; do
		[ -n "$kind" ] || continue
		if [ "$kind" = file ] && [ "$unit" != - ] && ! has_unit "$unit"; then
			say "$path: left out, because this machine has no $unit"
			continue
		fi
		kept=${kept:+$kept$newline}"$kind $path${unit:+ $unit}${rest:+ $rest}"
	done <<-end
		$wanted
	end
	wanted=$kept
}

# Refuses everything if anything is in the way: nothing has been changed by then.
refuse_what_is_not_ours() {
	refused=
	while read -r kind path _; do
		if [ "$kind" = folder ] && there "$path" && [ ! -d "$path" ]; then
			refused="$refused$path: must be a folder, got something else; move it away$newline"
		elif [ "$kind" = file ] && there "$path" && ! ours "$path"; then
			refused="$refused$path: must not be there yet, got a file that this stack has not put there; move it away$newline"
		fi
	done <<-end
		$wanted
	end
	[ -z "$refused" ] || { printf '%s' "$refused" >&2 && exit 1; }
}

# Remembers that systemd has something to read again.
mark_changed() {
	case $1 in
	*/systemd/system/*) changed=yes ;;
	esac
}

put_file() {
	make_folder "${1%/*}"
	new=${1%/*}/.aiswarm-new
	printf '%s' "$2" | base64 -d >"$new"
	note "file $1"
	if cmp -s -- "$new" "$1"; then
		rm -f -- "$new"
		say "$1: as it was"
		return
	fi
	mv -f -- "$new" "$1"
	say "$1: written"
	mark_changed "$1"
}

put_folder() {
	if [ -d "$1" ]; then return; fi
	make_folder "$1"
	chmod "$2" "$1"
	say "$1: made"
}

# Sets $1 to $2 in the running kernel, and says what is in effect then.
put_kernel() {
	place=/proc/sys/$(printf %s "$1" | tr . /)
	if [ ! -e "$place" ]; then
		say "warning: $1: this kernel does not know it"
		return
	fi
	now=$(cat "$place")
	if [ "$now" = "$2" ]; then
		say "$1: $2 is in effect, as it was"
		return
	fi
	if [ "${1#net.}" = "$1" ] && in_container; then
		say "warning: $1: $now stays in effect, because it is the machine's around this container; wanted is $2"
		return
	fi
	old=$(noted_of "kernel $1")
	before=${old%% *}
	fresh="${before:-$now} $2"
	note "kernel $1 $fresh"
	if { printf '%s\n' "$2" >"$place"; } 2>/dev/null && [ "$(cat "$place")" = "$2" ]; then
		gone=$old
		say "$1: $2 is in effect, $now was before"
	else
		gone=$fresh fresh=$old
		say "warning: $1: $(cat "$place") stays in effect, because this machine lets nobody set it; wanted is $2"
	fi
	if [ -n "$gone" ] && [ "$gone" != "$fresh" ]; then forget "kernel $1 $gone"; fi
}

take_back_kernel() {
	place=/proc/sys/$(printf %s "$1" | tr . /)
	if [ "$(cat "$place" 2>/dev/null)" != "$3" ]; then
		say "$1: left as it is, because somebody has changed it"
	elif { printf '%s\n' "$2" >"$place"; } 2>/dev/null; then
		say "$1: $2 is in effect again"
	else
		say "warning: $1: $3 stays in effect until the machine starts again"
	fi
}

# Takes back what is noted and no longer wanted.
take_back() {
	for unit in $(noted_of unit); do
		if wants unit "$unit"; then continue; fi
		if systemd_runs; then
			systemctl --no-reload disable --now "$unit" || say "warning: $unit: could not be stopped"
		fi
		forget "unit $unit"
		say "$unit: no longer enabled"
	done
	while read -r name before value; do
		if [ -z "$name" ] || wants kernel "$name"; then continue; fi
		take_back_kernel "$name" "$before" "$value"
		forget "kernel $name $before $value"
	done <<-end
		$(noted_of kernel)
	end
	for path in $(noted_of file); do
		if wants file "$path"; then continue; fi
		if ours "$path"; then
			rm -f -- "$path"
			say "$path: removed"
			mark_changed "$path"
		elif there "$path"; then
			say "$path: left as it is, because this stack has not put it there"
		fi
		forget "file $path"
	done
}

# Removes the noted folders that nobody needs, inner ones first.
take_back_folders() {
	if [ "$action" = remove ]; then rm -f -- "$list"; fi
	for path in $(noted_of folder | sed '1!G;h;$!d'); do
		if wants folder "$path" || [ ! -d "$path" ]; then continue; fi
		if rmdir -- "$path" 2>/dev/null; then
			say "$path: removed"
			if [ "$action" = put ]; then forget "folder $path"; fi
		elif [ "$action" = remove ]; then
			say "$path: left as it is, because something is in it"
		fi
	done
}

# A container that uses a card would lose it: systemd then sets the devices of its group anew, and knows nothing of
# those that the container runtime has added (nvidia-container-toolkit issue 48).
reload_systemd() {
	uses='{{if or .HostConfig.DeviceRequests (eq .HostConfig.Runtime "nvidia")}}{{.Name}}{{end}}'
	users=$(docker ps --quiet | xargs -r docker inspect --format "$uses" | grep . | tr '\n' ' ' || :)
	if [ -n "$users" ]; then
		say "warning: systemd has not read its units again, because these containers would lose their card: $users"
		say "it will when the machine starts the next time, or after systemctl daemon-reload"
	else
		systemctl daemon-reload
		say "systemd has read its units again; Docker goes on as it was"
	fi
}

start_units() {
	while read -r kind unit shows; do
		[ "$kind" = unit ] || continue
		note "unit $unit"
		if systemctl --no-reload enable "$unit" && systemctl restart "$unit"; then
			say "$unit: enabled and started"
		else
			say "warning: $unit: did not start, see journalctl --unit $unit"
		fi
		sh -c "$shows" </dev/null || :
	done <<-end
		$wanted
	end
}

settle_systemd() {
	if ! systemd_runs; then
		say "no systemd runs here: nothing was reloaded, and no unit was started"
		return
	fi
	if [ -n "$changed" ]; then reload_systemd; fi
	start_units
}

put() {
	while read -r kind name first second; do
		case $kind in
		folder) put_folder "$name" "$first" ;;
		file) put_file "$name" "$second" ;;
		kernel) put_kernel "$name" "$first" ;;
		esac
	done <<-end
		$wanted
	end
}

wanted=$(cat)
changed=
new=
trap 'rm -f -- "$new"' EXIT
if [ "$action" = put ]; then
	leave_out
	refuse_what_is_not_ours
else
	wanted=
	[ -d "$root" ] || exit 0
fi
made=
if [ ! -d "$root" ]; then
	mkdir -p -- "$root"
	chmod 0700 "$root"
	made=yes
fi
# An `up` that was ended leaves its command running.
exec 8<"$root"
if ! flock --wait 60 8; then
	printf '%s: an earlier preparation has not ended within a minute, see ps -ef\n' "$root" >&2
	exit 1
fi
noted=$(cat "$list" 2>/dev/null || :)
[ -z "$made" ] || note "folder $root"

put </dev/null
take_back
settle_systemd
take_back_folders
