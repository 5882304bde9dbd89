"""PostgreSQL: server settings from the memory limit, and who may connect."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from components.model.specs import ConfigFile
from components.render.text import from_template


def postgres_files(
    *, memory_mib: int, networks: Iterable[IPv4Network], role: str, password_file: str
) -> tuple[ConfigFile, ...]:
    """The server's files and the script that makes `role` and its database of the same name.

    Every role reaches the database named like itself only, and the superuser only through the socket in
    the container.
    """
    allowed = "\n".join(f"host   sameuser  all       {network!s:<24} scram-sha-256" for network in networks)
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
            name="10-litellm.sh",
            text=from_template("postgres/10-litellm.sh", name=role, password_file=password_file),
            executable=True,
        ),
    )
