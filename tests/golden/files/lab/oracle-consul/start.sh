#!/bin/sh
# The server keeps every management token that it ever started with: those of before a rotation end here, and
# only then is the server healthy.
set -eu
forget() {
  own=$(consul acl token read -self 2>/dev/null | sed -n 's/^AccessorID: *//p')
  [ -n "$own" ] || return 1
  tokens=$(consul acl token list) || return 1
  echo "$tokens" | while read -r field value; do
    case $field in
      AccessorID:) accessor=$value ;;
      Description:)
        if [ "$value" = "Initial Management Token" ] && [ "$accessor" != "$own" ]; then
          consul acl token delete -accessor-id "$accessor" || exit 1
        fi
        ;;
    esac
  done
}
{
  export CONSUL_HTTP_TOKEN_FILE=/run/secrets/management-token
  until forget; do sleep 1; done
  : >/tmp/current
} &
exec consul agent -config-file=/consul/config/consul.json -config-file=/consul/config/services.json -config-file=/run/secrets/tokens.json
