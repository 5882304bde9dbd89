#!/bin/sh
# Make .venv from the locked requirements. Needs only Debian 12 with root, or a python3 >= 3.11 that has venv.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

usable() { python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! usable; then
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
        say "bootstrap: python3 must be at least 3.11 and have venv, got $(python3 --version 2>&1 || true)"
        say "try: as root on Debian 12, apt-get install python3-venv"
        exit 1
    fi
    say "… Debian package python3-venv"
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
        ca-certificates python3 python3-venv >/dev/null
fi

say "… virtual environment .venv from requirements/dev.lock"
rm -f .venv/.complete
# Byte code saves about half a second on every preview, whatever the caller's shell says of it.
unset PYTHONDONTWRITEBYTECODE
python3 -m venv --clear .venv
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
touch .venv/.complete
say "✓ virtual environment ready"
