#!/bin/sh
# The program reads secrets from its environment only. They get there from files, after the container has
# started: a container's own variables can be read by everyone who may inspect it.
set -eu
§{exports}
exec §{command}
