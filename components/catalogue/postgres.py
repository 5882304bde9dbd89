"""PostgreSQL on oracle: the one database server, with a role and a database per program that needs one."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Final

from components.catalogue.credentials import LITELLM_DATABASE_PASSWORD, LITELLM_NAME, POSTGRES_PASSWORD
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.secrets import SecretChange, SecretFile
from components.model.specs import Health, Port, ServiceSpec
from components.render.postgres import ROLES_SCRIPT, postgres_files

PORT: Final = 5432

_FOLDER: Final = "/etc/postgresql"
_COMMAND: Final = (
    "postgres",
    "-c",
    f"config_file={_FOLDER}/postgresql.conf",
    "-c",
    f"hba_file={_FOLDER}/pg_hba.conf",
)


def postgres(settings: Settings, *, node: str) -> ServiceSpec:
    """The server, reachable from its node's Docker network and from the swarm's nodes."""
    password = SecretFile(name="postgres_password", parts=(POSTGRES_PASSWORD,))
    litellm_password = SecretFile(name="litellm_database_password", parts=(LITELLM_DATABASE_PASSWORD,))
    allowed = limits(settings, node, "postgres", memory_mib=2048, cpus="2.0", shm_mib=256)
    return ServiceSpec(
        node=node,
        name="postgres",
        image=image(settings, "postgres"),
        limits=allowed,
        # Over TCP: while the data folder is made, a server answers on the socket that is not the real one.
        health=Health(test=("CMD", "pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres")),
        entrypoint=("docker-entrypoint.sh",),
        command=_COMMAND,
        env={
            "PGDATA": "/var/lib/postgresql/data/pgdata",
            "POSTGRES_INITDB_ARGS": "--auth=scram-sha-256 --data-checksums",
            "POSTGRES_PASSWORD_FILE": password.path,
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
            files=postgres_files(
                memory_mib=allowed.memory_mib,
                networks=_networks(settings, node),
                superuser_file=password.path,
                roles={LITELLM_NAME: litellm_password.path},
            ),
        ),
        secrets=(password, litellm_password),
        on_secret_change=SecretChange.SETTLE,
        settle=("sh", f"{_FOLDER}/{ROLES_SCRIPT}"),
        volumes=(DataVolume(name="data", path="/var/lib/postgresql/data", gib=20),),
        scratch=(Scratch(), Scratch(path="/var/run/postgresql", size_mib=8)),
        stop_grace_seconds=120,
    )


def _networks(settings: Settings, node: str) -> tuple[IPv4Network, ...]:
    """Where clients are: in its node's Docker network, and on the nodes."""
    nodes = settings.nodes.by_name()
    return (nodes[node].subnet, *(IPv4Network(each.address) for each in nodes.values()))
