#!/bin/sh
# The password and the gateway's key lie in memory: SillyTavern would keep both among its data, on disk and in
# backups.
set -eu
umask 077
cat /etc/sillytavern/config.yaml /run/secrets/login.yaml >/tmp/config.yaml
cp /run/secrets/keys.json /tmp/keys.json
mkdir -p data/default-user
ln -sfn /tmp/keys.json data/default-user/secrets.json
node /etc/sillytavern/connect.mjs /etc/sillytavern/connection.json data/default-user/settings.json
exec node server.js --configPath /tmp/config.yaml
