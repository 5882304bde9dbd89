#!/bin/sh
# The program reads secrets from its environment only. They get there from files, after the container has
# started: a container's own variables can be read by everyone who may inspect it.
set -eu
DOCLING_SERVE_API_KEY=$(cat /run/secrets/documents_key)
export DOCLING_SERVE_API_KEY
exec /opt/app-root/bin/docling-serve run
