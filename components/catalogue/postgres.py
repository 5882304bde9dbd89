"""PostgreSQL on oracle: the one database server, with a role and a database per program that needs one."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Final

from components.catalogue.credentials import (
    EXPORTER_NAME,
    GRAFANA_DATABASE_PASSWORD,
    GRAFANA_NAME,
    LITELLM_DATABASE_PASSWORD,
    LITELLM_NAME,
    OPEN_WEBUI_DATABASE_PASSWORD,
    OPEN_WEBUI_NAME,
    POSTGRES_EXPORTER_PASSWORD,
    POSTGRES_PASSWORD,
)
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.parts import Health, Port
from components.model.secrets import SecretChange, SecretFile
from components.model.specs import ServiceSpec
from components.render.postgres import ROLES_SCRIPT, Monitor, postgres_files

NAME: Final = "postgres"
PORT: Final = 5432
MONITORED: Final = "postgres"
"""Database that whoever reads figures connects to; it holds nothing."""

_FOLDER: Final = "/etc/postgresql"
_COMMAND: Final = (
    "postgres",
    "-c",
    f"config_file={_FOLDER}/postgresql.conf",
    "-c",
    f"hba_file={_FOLDER}/pg_hba.conf",
)

_SUPERUSER: Final = SecretFile(name="postgres_password", parts=(POSTGRES_PASSWORD,))
_ROLES: Final = {
    LITELLM_NAME: SecretFile(name="litellm_database_password", parts=(LITELLM_DATABASE_PASSWORD,)),
    OPEN_WEBUI_NAME: SecretFile(name="open_webui_database_password", parts=(OPEN_WEBUI_DATABASE_PASSWORD,)),
    GRAFANA_NAME: SecretFile(name="grafana_database_password", parts=(GRAFANA_DATABASE_PASSWORD,)),
}
"""Every role with a database of the same name."""

_EXPORTER: Final = SecretFile(name="exporter_password", parts=(POSTGRES_EXPORTER_PASSWORD,))


def postgres(settings: Settings, *, node: str) -> ServiceSpec:
    """The server, reachable from its node's Docker network and from the swarm's nodes."""
    allowed = limits(settings, node, "postgres", memory_mib=2048, cpus="2.0", shm_mib=256)
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, "postgres"),
        limits=allowed,
        # Over TCP: while the data folder is made, a server answers on the socket that is not the real one.
        health=Health(test=("CMD", "pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres")),
        entrypoint=("docker-entrypoint.sh",),
        command=_COMMAND,
        env={
            "PGDATA": "/var/lib/postgresql/data/pgdata",
            "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256 --data-checksums",
            "POSTGRES_PASSWORD_FILE": _SUPERUSER.path,
        },
        ports=(
            Port(
                name="postgres",
                container=PORT,
                published=PORT,
                access=Access(protocol=Protocol.POSTGRES),
            ),
        ),
        probe=Probe(port="postgres"),
        configuration=Configuration(
            folder=_FOLDER,
            files=_files(settings, node, memory_mib=allowed.memory_mib),
        ),
        secrets=(_SUPERUSER, *_ROLES.values(), _EXPORTER),
        on_secret_change=SecretChange.SETTLE,
        settle=("sh", f"{_FOLDER}/{ROLES_SCRIPT}"),
        volumes=(DataVolume(name="data", path="/var/lib/postgresql/data", gib=20),),
        scratch=(Scratch(), Scratch(path="/var/run/postgresql", size_mib=8)),
        stop_grace_seconds=120,
    )


def _files(settings: Settings, node: str, *, memory_mib: int) -> tuple[ConfigFile, ...]:
    return postgres_files(
        memory_mib=memory_mib,
        networks=_networks(settings, node),
        superuser_file=_SUPERUSER.path,
        roles={name: file.path for name, file in _ROLES.items()},
        monitor=Monitor(
            name=EXPORTER_NAME,
            password_file=_EXPORTER.path,
            network=settings.nodes.by_name()[node].subnet,
        ),
    )


def _networks(settings: Settings, node: str) -> tuple[IPv4Network, ...]:
    """Where clients are: in its node's Docker network, and on the nodes."""
    nodes = settings.nodes.by_name()
    return (nodes[node].subnet, *(IPv4Network(each.address) for each in nodes.values()))
