#!/bin/sh
# Starts the server, and beside it what the server has nothing for: its audit file is set aside once it is large.
# A hangup makes the server open the file anew; what is written in between goes on into the old one, so no line is
# lost. The number of this shell stays that of the server, which takes its place.
set -eu
(
    set +e # what fails once is tried again
    while sleep 20; do
        size=$(wc -c </openbao/logs/audit.log) || continue
        [ "$size" -ge 67108864 ] || continue
        for number in 7 6 5 4 3 2 1; do
            [ -e "/openbao/logs/audit.log.$number" ] || continue
            mv -f "/openbao/logs/audit.log.$number" "/openbao/logs/audit.log.$((number + 1))" || continue 2
        done
        mv -f /openbao/logs/audit.log /openbao/logs/audit.log.1 || continue
        kill -HUP $$
    done
) &
exec bao server -config=/openbao/config/vault.hcl
