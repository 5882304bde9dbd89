#!/bin/sh
# Like upstream's: a variable GF_…__FILE names the file whose content GF_… gets; both at once are refused.
set -eu
for name in $(env | sed -n 's/^\(GF_[A-Z0-9_]*\)__FILE=..*/\1/p'); do
    eval "value=\${$name:-} file=\$${name}__FILE"
    # shellcheck disable=SC2154 # eval sets them
    if [ -n "$value" ]; then
        echo "ERROR: Both $name and ${name}__FILE are set (but are exclusive)" >&2
        exit 1
    fi
    # shellcheck disable=SC2154
    export "$name=$(cat "$file")"
    unset "${name}__FILE"
done
exec grafana server --homepath="$GF_PATHS_HOME" --config="$GF_PATHS_CONFIG" --packaging=docker "$@" \
    cfg:default.log.mode=console
