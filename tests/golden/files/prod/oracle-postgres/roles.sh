#!/bin/sh
# Brings the roles, their databases and their passwords to what the secret files say. Safe to run again; open
# connections stay. A password goes from its file straight into the statement, never through an argument.
#
# Over TCP: while the data folder is made, a server answers on the socket that is not the real one.
set -eu
end=$(($(date +%s) + 120))
until pg_isready --quiet --host=127.0.0.1 --username=postgres; do
    if [ "$(date +%s)" -ge "$end" ]; then
        echo "no answer from the server within 120 s; look at its log" >&2
        exit 1
    fi
    sleep 0.2
done
for file in /run/secrets/postgres_password /run/secrets/litellm_database_password /run/secrets/open_webui_database_password /run/secrets/grafana_database_password /run/secrets/exporter_password; do
    if [ ! -s "$file" ]; then
        echo "$file: must hold a password, got an empty file or none" >&2
        exit 1
    fi
done
# A slow statement would be logged with its text, and with it the password.
export PGOPTIONS='-c log_min_duration_statement=-1 -c log_statement=none'
exec psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set password `cat /run/secrets/postgres_password`
ALTER ROLE postgres PASSWORD :'password';
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
\set password `cat /run/secrets/litellm_database_password`
SELECT 'CREATE ROLE litellm LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'litellm') \gexec
ALTER ROLE litellm PASSWORD :'password';
SELECT 'CREATE DATABASE litellm OWNER litellm'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'litellm') \gexec
REVOKE CONNECT ON DATABASE litellm FROM PUBLIC;
\set password `cat /run/secrets/open_webui_database_password`
SELECT 'CREATE ROLE open_webui LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'open_webui') \gexec
ALTER ROLE open_webui PASSWORD :'password';
SELECT 'CREATE DATABASE open_webui OWNER open_webui'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'open_webui') \gexec
REVOKE CONNECT ON DATABASE open_webui FROM PUBLIC;
\set password `cat /run/secrets/grafana_database_password`
SELECT 'CREATE ROLE grafana LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana') \gexec
ALTER ROLE grafana PASSWORD :'password';
SELECT 'CREATE DATABASE grafana OWNER grafana'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'grafana') \gexec
REVOKE CONNECT ON DATABASE grafana FROM PUBLIC;
\set password `cat /run/secrets/exporter_password`
SELECT 'CREATE ROLE exporter LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'exporter') \gexec
ALTER ROLE exporter PASSWORD :'password';
GRANT pg_monitor TO exporter;
GRANT CONNECT ON DATABASE postgres TO exporter;
SQL
