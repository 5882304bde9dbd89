#!/bin/sh
# LiteLLM reads secrets from its environment only. They get there from files, after the container has started:
# a container's own variables can be read by everyone who may inspect it.
set -eu
LITELLM_MASTER_KEY=$(cat /run/secrets/master_key)
export LITELLM_MASTER_KEY
LITELLM_SALT_KEY=$(cat /run/secrets/salt_key)
export LITELLM_SALT_KEY
ENGINE_KEY=$(cat /run/secrets/engine_key)
export ENGINE_KEY
REDIS_PASSWORD=$(cat /run/secrets/redis_password)
export REDIS_PASSWORD
RAILWAY_KEY=$(cat /run/secrets/railway_key)
export RAILWAY_KEY
exec litellm --config /etc/litellm/config.yaml --host 0.0.0.0 --port 4000 --num_workers 1
