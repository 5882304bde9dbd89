#!/bin/sh
# Make .venv from the locked requirements. Needs only Debian 12 with root, or a python3 >= 3.11 that has venv.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

usable() { python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

up_to_date() { [ -e .venv/.complete ] && [ -z "$(find requirements/dev.lock -newer .venv/.complete)" ]; }

# Two runs in one checkout would clear each other's environment. The checkout's folder itself carries the lock.
if command -v flock >/dev/null; then
    exec 9<.
    if ! flock --nonblock 9; then
        say "… wait for another run that makes .venv"
        flock 9
        if up_to_date; then exit 0; fi
    fi
fi

packages=
usable || packages="python3 python3-venv"
[ -e /etc/ssl/certs/ca-certificates.crt ] || packages="$packages ca-certificates"

if [ -n "$packages" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    say "… Debian packages $packages"
    apt-get -qq -o DPkg::Lock::Timeout=300 update \
        || say "bootstrap: apt-get update failed for a source; going on with what the others have"
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install --yes \
        --no-install-recommends $packages >/dev/null \
        || say "bootstrap: apt-get install failed"
fi

if ! usable; then
    say "bootstrap: python3 must be at least 3.11 and have venv, got $(python3 --version 2>&1 || true)" \
        "at $(command -v python3 || echo 'no place on PATH')"
    say "try: as root on Debian 12, apt-get install python3-venv"
    exit 1
fi

say "… virtual environment .venv from requirements/dev.lock"
rm -f .venv/.complete
# Byte code saves about half a second on every preview, whatever the caller's shell says of it.
unset PYTHONDONTWRITEBYTECODE
python3 -m venv --clear .venv
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
touch .venv/.complete
say "✓ virtual environment ready"
