#!/bin/sh
# Runs once, while the data folder is new. The password goes from its file straight into the statement, never
# through an argument or a variable of the shell.
set -eu
psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set password `cat /run/secrets/litellm_database_password`
CREATE ROLE litellm LOGIN PASSWORD :'password';
CREATE DATABASE litellm OWNER litellm;
REVOKE CONNECT ON DATABASE litellm FROM PUBLIC;
SQL
