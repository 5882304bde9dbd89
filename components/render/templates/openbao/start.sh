#!/bin/sh
# Starts the server, and beside it what the server has nothing for: its audit file is set aside once it is large.
# A hangup makes the server open the file anew; what is written in between goes on into the old one, so no line is
# lost. The number of this shell stays that of the server, which takes its place.
set -eu
(
    set +e # what fails once is tried again
    while sleep §{check_seconds}; do
§{rotate}    done
) &
exec bao server -config=§{config}
