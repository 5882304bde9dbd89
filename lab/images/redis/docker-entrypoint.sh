#!/bin/sh
# Like upstream's: an option or a configuration file as first argument means the server.
set -e
case "$1" in
    -* | *.conf) set -- redis-server "$@" ;;
esac
exec "$@"
