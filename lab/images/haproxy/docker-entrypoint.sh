#!/bin/sh
# Like upstream's: master-worker mode in the foreground, so that SIGHUP reloads without a dropped connection.
set -e
case "$1" in
    -*) set -- haproxy "$@" ;;
esac
if [ "$1" = haproxy ]; then
    shift
    set -- haproxy -W -db "$@"
fi
exec "$@"
