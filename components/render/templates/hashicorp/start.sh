#!/bin/sh
# Starts the server, and beside it what the server has nothing for. It looks at the files that it was given only when
# it is told to: after a hangup it shows a new certificate, and a new token for its seal needs a new start, which Docker
# gives it. Its audit file is set aside once it is large; the same hangup makes it open the file anew, and what is
# written in between goes on into the old one, so no line is lost. The number of this shell stays that of the server,
# which takes its place.
set -eu
mkdir -p §{storage}

# Said of this server to its own commands. The server would take the authority for that of its seal's server.
unset VAULT_ADDR VAULT_CACERT

(
    set +e # what fails once is tried again
    certificate=$(sha256sum §{certificate_files})
    seal=$(sha256sum §{seal_file})
    while sleep §{check_seconds}; do
        if [ "$(sha256sum §{seal_file})" != "$seal" ]; then
            kill -TERM $$
            break
        fi
        if now=$(sha256sum §{certificate_files}) && [ "$now" != "$certificate" ]; then
            certificate=$now
            kill -HUP $$
        fi
        # The first start of all makes it, and not at once.
        [ -e §{audit} ] || continue
§{rotate}
    done
) &
exec vault server -config=§{config} -config=§{seal_file}
