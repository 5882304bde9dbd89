#!/bin/sh
# Brings the roles, their databases and their passwords to what the secret files say. Safe to run again; open
# connections stay. A password goes from its file straight into the statement, never through an argument.
#
# Over TCP: while the data folder is made, a server answers on the socket that is not the real one.
set -eu
end=$(($(date +%s) + §{seconds}))
until pg_isready --quiet --host=127.0.0.1 --username=postgres; do
    if [ "$(date +%s)" -ge "$end" ]; then
        echo "no answer from the server within §{seconds} s; look at its log" >&2
        exit 1
    fi
    sleep 0.2
done
for file in §{files}; do
    if [ ! -s "$file" ]; then
        echo "$file: must hold a password, got an empty file or none" >&2
        exit 1
    fi
done
# A slow statement would be logged with its text, and with it the password.
export PGOPTIONS='-c log_min_duration_statement=-1 -c log_statement=none'
exec psql --set=ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres <<'SQL'
\set password `cat §{superuser_file}`
ALTER ROLE postgres PASSWORD :'password';
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
§{statements}SQL
