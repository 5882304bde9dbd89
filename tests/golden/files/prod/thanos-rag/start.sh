#!/bin/sh
# The program reads secrets from its environment only. They get there from files, after the container has
# started: a container's own variables can be read by everyone who may inspect it.
set -eu
EMBEDDING_BINDING_API_KEY=$(cat /run/secrets/gateway_key)
export EMBEDDING_BINDING_API_KEY
LIGHTRAG_API_KEY=$(cat /run/secrets/rag_key)
export LIGHTRAG_API_KEY
LLM_BINDING_API_KEY=$(cat /run/secrets/gateway_key)
export LLM_BINDING_API_KEY
exec /bin/sh -c '/app/.venv/bin/python /etc/rag/foreign_collections.py && exec /app/.venv/bin/python -m lightrag.api.lightrag_server'
