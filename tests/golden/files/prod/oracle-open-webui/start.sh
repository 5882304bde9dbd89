#!/bin/sh
# The program reads secrets from its environment only. They get there from files, after the container has
# started: a container's own variables can be read by everyone who may inspect it.
set -eu
DATABASE_URL=$(cat /run/secrets/database_url)
export DATABASE_URL
DOCLING_API_KEY=$(cat /run/secrets/documents_key)
export DOCLING_API_KEY
OPENAI_API_KEY=$(cat /run/secrets/gateway_key)
export OPENAI_API_KEY
REDIS_URL=$(cat /run/secrets/redis_url)
export REDIS_URL
WEBUI_ADMIN_PASSWORD=$(cat /run/secrets/admin_password)
export WEBUI_ADMIN_PASSWORD
WEBUI_SECRET_KEY=$(cat /run/secrets/session_key)
export WEBUI_SECRET_KEY
exec bash /app/backend/start.sh
