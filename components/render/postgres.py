"""PostgreSQL: server settings from the memory limit, and who may connect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from components.model.files import ConfigFile
from components.render.text import from_template

ROLES_SCRIPT = "roles.sh"
"""Run in the container once the server is there, and again whenever a password changes."""

_START_SECONDS = 120
_CONTAINER = IPv4Network("127.0.0.1/32")


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A role that reads the server's figures and no table: without a database of its own."""

    name: str
    password_file: str
    network: IPv4Network
    """Where it comes from; nobody else may log in as this role."""


def postgres_files(
    *,
    memory_mib: int,
    networks: Iterable[IPv4Network],
    superuser_file: str,
    roles: Mapping[str, str],
    monitor: Monitor,
) -> tuple[ConfigFile, ...]:
    """The server's files and the script that makes each role and its database of the same name.

    Every role reaches the database named like itself only, `monitor` the empty one called `postgres`, and
    the superuser comes only through the socket in the container.

    Args:
        roles: The file with its password by each role's name.
    """
    statements = "".join(
        from_template("postgres/role.sql", name=name, password_file=file) for name, file in roles.items()
    ) + from_template("postgres/monitor.sql", name=monitor.name, password_file=monitor.password_file)
    return (
        _server(memory_mib),
        _access(networks, monitor),
        ConfigFile(
            name=ROLES_SCRIPT,
            text=from_template(
                "postgres/roles.sh",
                seconds=_START_SECONDS,
                files=" ".join((superuser_file, *roles.values(), monitor.password_file)),
                superuser_file=superuser_file,
                statements=statements,
            ),
        ),
    )


def _server(memory_mib: int) -> ConfigFile:
    return ConfigFile(
        name="postgresql.conf",
        text=from_template(
            "postgres/postgresql.conf",
            shared_buffers_mib=memory_mib // 4,
            cache_mib=memory_mib // 2,
            maintenance_mib=max(memory_mib // 16, 16),
        ),
    )


def _access(networks: Iterable[IPv4Network], monitor: Monitor) -> ConfigFile:
    return ConfigFile(
        name="pg_hba.conf",
        text=from_template(
            "postgres/pg_hba.conf",
            allowed="\n".join(
                f"host   sameuser  all       {network!s:<24} scram-sha-256" for network in networks
            ),
            monitor="\n".join(
                f"host   postgres  {monitor.name:<8}  {network!s:<24} scram-sha-256"
                for network in (_CONTAINER, monitor.network)
            ),
        ),
    )
