"""Redis on oracle: cache of answers and counters shared by the gateway's workers."""

from __future__ import annotations

from typing import Final

from components.catalogue.credentials import (
    EXPORTER_NAME,
    OPEN_WEBUI_NAME,
    OPEN_WEBUI_REDIS_PASSWORD,
    REDIS_EXPORTER_PASSWORD,
    REDIS_NAME,
    REDIS_PASSWORD,
)
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.files import Configuration
from components.model.mounts import DataVolume
from components.model.parts import Health, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.redis import acl_parts, client, observer, redis_files

NAME: Final = "redis"
PORT: Final = 6379
OPEN_WEBUI_PREFIX: Final = "open-webui"
"""What Open WebUI puts before every key (its setting REDIS_KEY_PREFIX): it sees no key of another program."""

_FOLDER: Final = "/etc/redis"
_USERS: Final = (
    client(REDIS_NAME, REDIS_PASSWORD, keys="*"),
    client(OPEN_WEBUI_NAME, OPEN_WEBUI_REDIS_PASSWORD, keys=f"{OPEN_WEBUI_PREFIX}:*"),
    observer(EXPORTER_NAME, REDIS_EXPORTER_PASSWORD),
)


def redis(settings: Settings, *, node: str) -> ServiceSpec:
    """The server; its users are in a secret file, so no password is in its configuration."""
    users = SecretFile(name="users.acl", parts=acl_parts(_USERS))
    allowed = limits(settings, node, "redis", memory_mib=1024, cpus="1.0")
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, "redis"),
        limits=allowed,
        # redis-cli exits with 0 on an error reply too: only the word tells.
        health=Health(
            test=("CMD-SHELL", f"redis-cli -p {PORT} ping | grep -q PONG"), start_period_seconds=10
        ),
        entrypoint=("redis-server",),
        command=(f"{_FOLDER}/redis.conf",),
        ports=(Port(name="redis", container=PORT, published=PORT, access=Access(protocol=Protocol.REDIS)),),
        probe=Probe(port="redis"),
        configuration=Configuration(
            folder=_FOLDER,
            files=redis_files(port=PORT, memory_mib=allowed.memory_mib, acl_file=users.path),
        ),
        secrets=(users,),
        volumes=(DataVolume(name="data", path="/data", gib=2),),
        stop_grace_seconds=60,
    )
