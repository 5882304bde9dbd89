#!/bin/sh
# LiteLLM reads secrets from its environment only. They get there from files, after the container has started:
# a container's own variables can be read by everyone who may inspect it.
set -eu
§{exports}
exec litellm --config §{config_file} --host 0.0.0.0 --port §{port} --num_workers §{workers}
