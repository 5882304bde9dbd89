#!/bin/sh
# The key reaches the engine through its own environment only: vLLM has no option that names a key file, and
# an argument or a container variable would show it to everyone who may inspect the container.
set -eu
VLLM_API_KEY=$(cat /run/secrets/engine_key)
export VLLM_API_KEY
# After a reboot Docker starts every container at once, and an engine counts memory that another takes while it
# measures as its own. So this one waits, but not for ever: without the other it serves all the same.
end=$(($(date +%s) + 1800))
until python3 -c "import urllib.request as u; u.urlopen('http://vllm-primary:8000/health', timeout=5)" 2>/dev/null ||
    [ "$(date +%s)" -ge "$end" ]; do
    sleep 5
done
exec vllm serve "$@"
