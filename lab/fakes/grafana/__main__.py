"""`grafana` of the stand-in: `server` and `cli … admin reset-admin-password`, with the real variables."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from lab.fakes import server
from lab.fakes.accounts import Database, StoreError
from lab.fakes.grafana import provisioning
from lab.fakes.grafana.app import Options, Pages

_SETTINGS = {
    "GF_AUTH_ANONYMOUS_ENABLED": "false",
    "GF_DATABASE_TYPE": "postgres",
    "GF_USERS_ALLOW_SIGN_UP": "false",
}
"""What decides where it keeps its state and who gets in; the real program has other defaults."""


def main() -> None:
    """Do what the arguments say; a setting that is wrong ends it with status 1 and a sentence."""
    asked = _parser().parse_args()
    env = os.environ
    try:
        if asked.program == "server":
            _serve(env)
        else:
            _reset(env)
    except KeyError as error:
        sys.exit(f"{error}: must be set")
    except (StoreError, OSError, provisioning.ProvisioningError) as error:
        sys.exit(f"cannot start: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grafana", allow_abbrev=False)
    programs = parser.add_subparsers(dest="program", required=True)
    served = programs.add_parser("server", allow_abbrev=False)
    tool = programs.add_parser("cli", allow_abbrev=False)
    for each in (served, tool):
        each.add_argument("--homepath")
        each.add_argument("--config")
    served.add_argument("--packaging")
    served.add_argument("settings", nargs="*")
    tool.add_argument("group", choices=["admin"])
    tool.add_argument("command", choices=["reset-admin-password"])
    # The password as an argument is refused: others could read it.
    tool.add_argument("--password-from-stdin", action="store_true", required=True)
    return parser


def _serve(env: Mapping[str, str]) -> None:
    for name, value in _SETTINGS.items():
        if env.get(name) != value:
            raise StoreError(f"{name}: must be {value}, got {env.get(name)!r}")
    provisioned = provisioning.read(Path(env["GF_PATHS_PROVISIONING"]))
    options = Options(
        admin=env["GF_SECURITY_ADMIN_USER"],
        metrics_user=env.get("GF_METRICS_BASIC_AUTH_USERNAME", ""),
        metrics_password=env.get("GF_METRICS_BASIC_AUTH_PASSWORD", ""),
    )
    database = _database(env)
    database.keep_account(options.admin, env["GF_SECURITY_ADMIN_PASSWORD"])
    server.serve(
        Pages(options, database, provisioned).application(),
        product="Grafana",
        host=env.get("GF_SERVER_HTTP_ADDR") or "0.0.0.0",  # noqa: S104 - its own default, in a container
        port=int(env.get("GF_SERVER_HTTP_PORT", "3000")),
    )


def _reset(env: Mapping[str, str]) -> None:
    _database(env).set_password(env["GF_SECURITY_ADMIN_USER"], sys.stdin.readline().rstrip("\n"))
    sys.stdout.write("Admin password changed successfully\n")


def _database(env: Mapping[str, str]) -> Database:
    user, password = env["GF_DATABASE_USER"], quote(env["GF_DATABASE_PASSWORD"], safe="")
    url = f"postgresql://{user}:{password}@{env['GF_DATABASE_HOST']}/{env['GF_DATABASE_NAME']}"
    return Database(url, "grafana")


if __name__ == "__main__":
    main()
