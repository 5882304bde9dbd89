#!/bin/sh
# The key reaches the engine through its own environment only: vLLM has no option that names a key file, and
# an argument or a container variable would show it to everyone who may inspect the container.
set -eu
VLLM_API_KEY=$(cat §{key_file})
export VLLM_API_KEY
§{waits}exec vllm serve "$@"
