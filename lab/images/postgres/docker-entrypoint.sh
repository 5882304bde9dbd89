#!/bin/bash
# Starts PostgreSQL as upstream's image does for a container that already runs as the database user.
#
# First start (no PG_VERSION in PGDATA): initdb, then a server on the socket only that gets POSTGRES_DB and the files
# of /docker-entrypoint-initdb.d, then the real server. Later starts: the server at once.
#
# One difference, on purpose. Upstream initialises in PGDATA itself, where initdb writes PG_VERSION early: killed by
# SIGKILL in between, the next start takes the half-made database for a whole one. Here it is made in a subfolder and
# moved up with PG_VERSION last; whatever a killed attempt left is thrown away and made anew. A failing init script
# stops the container in both; upstream then starts without the rest of the scripts, this one begins again.
set -Eeo pipefail

# Upstream's rule for POSTGRES_PASSWORD, _USER, _DB and _INITDB_ARGS: the value or a file with it, never both.
from_file() {
    local name=$1 file=${1}_FILE
    if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
        echo >&2 "error: both $name and $file are set (but are exclusive)"
        exit 1
    fi
    if [ -n "${!file:-}" ]; then
        local value
        value=$(<"${!file}")
        export "$name=$value"
    else
        export "$name=${!name:-$2}"
    fi
    unset "$file"
}

sql() {
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" "$@"
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh)
                echo "$0: running $file"
                # shellcheck disable=SC1090  # upstream sources what is not executable
                if [ -x "$file" ]; then "$file"; else . "$file"; fi
                ;;
            *.sql) echo "$0: running $file"; sql --dbname "$POSTGRES_DB" -f "$file" ;;
            *.sql.gz) echo "$0: running $file"; gunzip -c "$file" | sql --dbname "$POSTGRES_DB" ;;
            *) echo "$0: ignoring $file" ;;
        esac
    done
}

# Make the database under $PGDATA, which is the staging folder here.
initialise() {
    shift
    eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") $POSTGRES_INITDB_ARGS"
    local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "$@")}
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

    export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
    pg_ctl -D "$PGDATA" -w start -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")"
    if [ -z "$(sql --dbname postgres --set db="$POSTGRES_DB" -tA <<<"SELECT 1 FROM pg_database WHERE datname = :'db'")" ]; then
        sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db"'
    fi
    run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
}

first_start() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo >&2 "Error: Database is uninitialized and superuser password is not specified; set POSTGRES_PASSWORD_FILE"
        exit 1
    fi
    local final=$PGDATA staging=$PGDATA/.initialising
    if [ -d "$staging" ]; then
        echo "an earlier initialisation was cut short: starting it again"
        find "$final" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
    elif [ -n "$(ls -A "$final")" ]; then
        echo >&2 "Error: $final is not empty and holds no database; initdb would refuse it"
        exit 1
    fi
    mkdir -m 0700 "$staging"
    export PGDATA=$staging
    initialise "$@"
    export PGDATA=$final
    find "$staging" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$final" {} +
    sync -f "$final"
    mv "$staging/PG_VERSION" "$final/PG_VERSION"
    rmdir "$staging"
    echo "PostgreSQL init process complete; ready for start up."
}

case "${1:-}" in
    -*) set -- postgres "$@" ;;
esac
if [ "${1:-}" = postgres ]; then
    from_file POSTGRES_PASSWORD ''
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS ''
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA" || :
    if [ -s "$PGDATA/PG_VERSION" ]; then
        echo "PostgreSQL Database directory appears to contain a database; Skipping initialization"
        rmdir "$PGDATA/.initialising" 2>/dev/null || :
    else
        first_start "$@"
    fi
fi
exec "$@"
