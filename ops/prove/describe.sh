# shellcheck shell=sh
# Prints what a node's Docker tells of its objects to everyone who may ask: one JSON value after another, where
# {"kind": …} says what the following lists hold. An object that is gone meanwhile makes `inspect` fail after it
# has printed the others; a Docker that went away makes `docker version` fail as well.
set -u

describe() {
	printf '{"kind": "%s"}\n' "$1"
	# shellcheck disable=SC2086 # a list of names
	[ -z "$2" ] || docker "$1" inspect $2 2>/dev/null || docker version >/dev/null
}

containers=$(docker container ls --all --quiet --no-trunc) || exit 1
volumes=$(docker volume ls --quiet) || exit 1
networks=$(docker network ls --quiet --no-trunc) || exit 1
images=$(docker image ls --all --quiet --no-trunc | sort -u) || exit 1

describe container "$containers" || exit 1
describe volume "$volumes" || exit 1
describe network "$networks" || exit 1
describe image "$images" || exit 1
for image in $images; do
	docker image history --no-trunc --format "{\"image\": \"$image\", \"history\": {{json .}}}" "$image" ||
		docker version >/dev/null || exit 1
done
