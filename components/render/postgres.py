"""PostgreSQL: server settings from the memory limit, and who may connect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network

from components.model.files import ConfigFile
from components.render.text import from_template

ROLES_SCRIPT = "roles.sh"
"""Run in the container once the server is there, and again whenever a password changes."""

_START_SECONDS = 120


def postgres_files(
    *, memory_mib: int, networks: Iterable[IPv4Network], superuser_file: str, roles: Mapping[str, str]
) -> tuple[ConfigFile, ...]:
    """The server's files and the script that makes each role and its database of the same name.

    Every role reaches the database named like itself only, and the superuser only through the socket in
    the container.

    Args:
        roles: The file with its password by each role's name.
    """
    allowed = "\n".join(f"host   sameuser  all       {network!s:<24} scram-sha-256" for network in networks)
    statements = "".join(
        from_template("postgres/role.sql", name=name, password_file=file) for name, file in roles.items()
    )
    return (
        ConfigFile(
            name="postgresql.conf",
            text=from_template(
                "postgres/postgresql.conf",
                shared_buffers_mib=memory_mib // 4,
                cache_mib=memory_mib // 2,
                maintenance_mib=max(memory_mib // 16, 16),
            ),
        ),
        ConfigFile(name="pg_hba.conf", text=from_template("postgres/pg_hba.conf", allowed=allowed)),
        ConfigFile(
            name=ROLES_SCRIPT,
            text=from_template(
                "postgres/roles.sh",
                seconds=_START_SECONDS,
                files=" ".join((superuser_file, *roles.values())),
                superuser_file=superuser_file,
                statements=statements,
            ),
        ),
    )
