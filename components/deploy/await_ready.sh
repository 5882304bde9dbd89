#!/bin/sh
# Waits until a service works, then removes what only its first start needed.
#
# stdin  input of the command below
# $1     the file to remove
# $2     the service's container
# $3     seconds after which a container that does not stay is given up
# $4...  command in the container that ends well once the service works, and otherwise says what is wrong
#
# A container that ends takes the command with it, whatever it was about to say. A server whose first start failed does
# end, and is started again by Docker: only then it can be told what is wrong, or that all is well.
set -u

leftover=$1 container=$2 limit=$3
shift 3
input=$(cat)

# Restarts after which a container would not stay the next time either.
most=5

# Of the container, as Docker knows it; empty where there is none.
look() { docker inspect --format "$1" "$container" 2>/dev/null; }
life() { look '{{.State.Status}} {{.State.StartedAt}}'; }
restarts() { look '{{.RestartCount}}'; }

give_up() {
	{
		printf '%s: must keep running, got one that ends again and again; ' "$container"
		printf 'a first start that failed needs a raised aiswarm:vault.generation (docs/secrets.md, "Begin anew"). '
		echo 'Its log says:'
		docker logs --tail 300 "$container" 2>&1 | grep -v '^{' | grep -iE 'error|fail|fatal' | tail -n 3
	} >&2
	exit 1
}

first=$(restarts)
end=$(($(date +%s) + limit))
while :; do
	before=$(life)
	said=$(printf '%s\n' "$input" | docker exec --interactive "$container" "$@" 2>&1) && break
	# From 125 on the status is not the command's own, but Docker's or that of a signal.
	if [ $? -lt 125 ] && [ "${before%% *}" = running ] && [ "$(life)" = "$before" ]; then
		printf '%s\n' "$said" >&2
		exit 1
	fi
	[ "$(date +%s)" -lt "$end" ] || give_up
	[ "$(($(restarts || echo 0) - ${first:-0}))" -lt "$most" ] || give_up
	sleep 0.5
done
rm -f -- "$leftover"
