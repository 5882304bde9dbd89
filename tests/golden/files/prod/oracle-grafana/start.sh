#!/bin/sh
# Grafana takes the operator's password from its settings while its database is empty, and never again. So the
# account gets the present one before every start; in a shell of its own, because the image's start script wants
# to read the files itself and refuses values beside them.
set -eu

reset_password() (
    GF_DATABASE_PASSWORD=$(cat /run/secrets/database_password)
    GF_SECURITY_ADMIN_PASSWORD=$(cat /run/secrets/admin_password)
    GF_SECURITY_SECRET_KEY=$(cat /run/secrets/secret_key)
    export GF_DATABASE_PASSWORD GF_SECURITY_ADMIN_PASSWORD GF_SECURITY_SECRET_KEY
    exec grafana cli --homepath "$GF_PATHS_HOME" --config "$GF_PATHS_CONFIG" \
        admin reset-admin-password --password-from-stdin </run/secrets/admin_password
)

reset_password || echo "the operator's account keeps the password that the database has" >&2
exec /run.sh
