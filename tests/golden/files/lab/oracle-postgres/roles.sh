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
exec psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set password `cat /run/secrets/postgres_password`
ALTER ROLE postgres PASSWORD :'password';
\set password `cat /run/secrets/litellm_database_password`
SELECT 'CREATE ROLE litellm LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'litellm') \gexec
ALTER ROLE litellm PASSWORD :'password';
SELECT 'CREATE DATABASE litellm OWNER litellm'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'litellm') \gexec
REVOKE CONNECT ON DATABASE litellm FROM PUBLIC;
SQL
