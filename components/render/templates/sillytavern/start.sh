#!/bin/sh
# The password and the gateway's key lie in memory: SillyTavern would keep both among its data, on disk and in
# backups.
set -eu
umask 077
cat §{folder}/config.yaml §{login_file} >§{config}
cp §{keys_file} §{keys}
mkdir -p §{user_folder}
ln -sfn §{keys} §{user_folder}/secrets.json
node §{folder}/connect.mjs §{folder}/connection.json §{user_folder}/settings.json
exec node server.js --configPath §{config}
