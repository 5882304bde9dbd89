"""SillyTavern on thanos: the swarm's models as characters to talk with."""

from __future__ import annotations

from typing import Final

from components.catalogue import gateway
from components.catalogue.credentials import LITELLM_MASTER_KEY_PARTS, OPERATOR_NAME, OPERATOR_PASSWORD
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.parts import Health, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.sillytavern import (
    keys_parts,
    login_parts,
    render_config,
    render_connect,
    render_connection,
    render_start,
)

NAME: Final = "sillytavern"
PORT: Final = 8080
_INSIDE: Final = 8000
_FOLDER: Final = "/etc/sillytavern"
_HOME: Final = "/home/node/app"
_HEARTBEAT_SECONDS: Final = 30
_SCRATCH: Final = Scratch()
_LOGIN: Final = SecretFile(
    name="login.yaml", parts=login_parts(user=OPERATOR_NAME, password=OPERATOR_PASSWORD)
)
_KEYS: Final = SecretFile(name="keys.json", parts=keys_parts(LITELLM_MASTER_KEY_PARTS))
_HEALTH: Final = Health(
    # Every path asks for the password, so the program writes down that it lives. Without the variable below
    # the check passes whatever happens (src/healthcheck.js).
    test=("CMD", "node", "src/healthcheck.js"),
    interval_seconds=30,
    timeout_seconds=10,
    start_period_seconds=30,
)


def sillytavern(settings: Settings, *, node: str) -> ServiceSpec:
    """The program, for the one user that the password opens it for.

    Its volumes are those that it writes to. `config` and the file of keys lie in memory, because they hold
    secrets: a key that a person types in is gone after a restart, and belongs into the gateway anyway.
    Server plugins are off, and `backups` has been empty since every user has a folder of their own.
    """
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, "sillytavern"),
        limits=limits(settings, node, NAME, memory_mib=1024, cpus="1.0"),
        least_memory_mib=256,
        health=_HEALTH,
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env={
            "HOME": _SCRATCH.path,
            "NODE_ENV": "production",
            "SILLYTAVERN_HEARTBEATINTERVAL": str(_HEARTBEAT_SECONDS),
        },
        ports=(
            Port(
                name="http",
                container=_INSIDE,
                published=PORT,
                access=Access(protocol=Protocol.HTTP, refused="/", people=True),
            ),
        ),
        probe=Probe(port="http"),
        configuration=Configuration(folder=_FOLDER, files=_files(settings, node)),
        secrets=(_LOGIN, _KEYS),
        volumes=(
            DataVolume(name="data", path=f"{_HOME}/data", gib=5),
            DataVolume(name="extensions", path=f"{_HOME}/public/scripts/extensions/third-party"),
        ),
        scratch=(_SCRATCH,),
        talks_to=(gateway.FLOW,),
    )


def _files(settings: Settings, node: str) -> tuple[ConfigFile, ...]:
    config = render_config(
        port=_INSIDE,
        hosts=(node, ".ts.net"),
        private_addresses=(str(settings.nodes.by_name()[gateway.NODE].address),),
    )
    connection = render_connection(
        url=gateway.api_url(settings, seen_from=node), model=settings.models.public_name
    )
    start = render_start(folder=_FOLDER, keys=_KEYS, login=_LOGIN, scratch=_SCRATCH.path)
    return (
        ConfigFile(name="config.yaml", text=config),
        ConfigFile(name="connection.json", text=connection),
        ConfigFile(name="connect.mjs", text=render_connect()),
        ConfigFile(name="start.sh", text=start),
    )
