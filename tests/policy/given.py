"""Resources as the engine hands them to a rule, good unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace

from policy.rules.support.fields import Fields
from policy.rules.support.resources import CONTAINER, REMOTE_IMAGE, VOLUME, Resource
from tests.policy import locks

ARM_ADDRESS = "100.64.0.1"
AMD_ADDRESS = "100.64.0.2"
REFERENCE = f"{locks.TAGGED}@{locks.DIGEST}"
CONTAINER_URN = "urn:pulumi:prod::aiswarm::docker:index/container:Container::oracle-redis"
IMAGE_URN = "urn:pulumi:prod::aiswarm::docker:index/remoteImage:RemoteImage::oracle-redis-image"

Props = dict[str, object]

MACHINES: dict[str, Props] = {
    "oracle": {
        "address": ARM_ADDRESS,
        "arch": "arm64",
        "memory_mib": 4096.0,
        "reserved_mib": 1024.0,
        "gpus": [],
    },
    "starlord": {
        "address": AMD_ADDRESS,
        "arch": "amd64",
        "memory_mib": 65536.0,
        "reserved_mib": 8192.0,
        "gpus": [{"name": "a card", "memory_mib": 24576.0}],
    },
}


def labels(node: str = "oracle") -> list[Props]:
    """Labels as the docker provider takes them."""
    values = {"service": "redis", "node": node, "stack": "prod", "managed-by": "pulumi"}
    return [{"label": f"aiswarm.{name}", "value": value} for name, value in values.items()]


def container_props(**changes: object) -> Props:
    """Inputs of a container that keeps every rule on the ARM node."""
    return {
        "name": "oracle-redis",
        "image": REFERENCE,
        "user": "999:1000",
        "labels": labels(),
        "capabilities": {"drops": ["ALL"], "adds": ["CAP_NET_BIND_SERVICE"]},
        "securityOpts": ["no-new-privileges:true"],
        "readOnly": True,
        "ulimits": [{"name": "nofile", "soft": 65536.0, "hard": 65536.0}, {"name": "nproc", "soft": 256.0}],
        "ports": [{"internal": 6379.0, "external": 6379.0, "ip": ARM_ADDRESS, "protocol": "tcp"}],
        "memory": 512.0,
        "memorySwap": 512.0,
        "cpus": "1.0",
        "networkMode": "bridge",
        "networksAdvanced": [{"name": "swarm", "aliases": ["redis"]}],
        "mounts": [{"type": "tmpfs", "target": "/tmp"}],
        "volumes": [{"hostPath": "/opt/swarm/redis", "containerPath": "/etc/redis", "readOnly": True}],
        "command": ["redis-server", "/etc/redis/redis.conf"],
        "restart": "unless-stopped",
        "healthcheck": {"tests": ["CMD-SHELL", "redis-cli ping | grep -q PONG"]},
        "logDriver": "json-file",
        "logOpts": {"max-size": "10m", "max-file": "3"},
        "stopTimeout": 60.0,
        "destroyGraceSeconds": 60.0,
        **changes,
    }


def provider_props(address: str = ARM_ADDRESS) -> Props:
    """Inputs of a node's docker provider."""
    return {"host": f"ssh://root@{address}:22", "sshOpts": ["-o", "StrictHostKeyChecking=yes"]}


def image_props(**changes: object) -> Props:
    """Inputs of that container's image."""
    return {"name": REFERENCE, "platform": "linux/arm64", "keepLocally": True, **changes}


def provider(**changes: object) -> Fields:
    """The ARM node's docker provider."""
    return fields({**provider_props(), **changes}, "provider")


def container(**changes: object) -> Resource:
    """A container on the ARM node that waits for its image."""
    return Resource(
        type=CONTAINER,
        name="oracle-redis",
        urn=CONTAINER_URN,
        fields=fields(container_props(**changes)),
        provider=provider(),
        dependencies=frozenset({IMAGE_URN}),
        secrets=frozenset(),
    )


def image(**changes: object) -> Resource:
    """The image of that container."""
    return Resource(
        type=REMOTE_IMAGE,
        name="oracle-redis-image",
        urn=IMAGE_URN,
        fields=fields(image_props(**changes)),
        provider=provider(),
        secrets=frozenset(),
    )


def nodes() -> tuple[Resource, ...]:
    """The machines of the stack."""
    return tuple(node(name) for name in MACHINES)


def node(name: str, **changes: object) -> Resource:
    """One machine as its component shows it."""
    kind = f"aiswarm:index:{name.title()}Node"
    return Resource(
        type=kind,
        name=name,
        urn=f"urn:pulumi:prod::aiswarm::{kind}::{name}",
        fields=fields({**MACHINES[name], **changes}),
    )


def volume(**changes: object) -> Resource:
    """A data volume."""
    props = {"name": "oracle-redis-data", "labels": labels(), **changes}
    return other(VOLUME, "oracle-redis-data", props)


def other(kind: str, name: str, props: Props) -> Resource:
    """A resource of any type, in which nothing is secret."""
    return Resource(type=kind, name=name, fields=fields(props), secrets=frozenset())


def marked(resource: Resource, *paths: str) -> Resource:
    """The same with these inputs marked as secret."""
    return replace(resource, secrets=frozenset(paths))


def fields(props: Props, path: str = "") -> Fields:
    """Properties as every rule sees them; an unknown value is a `Marker`."""
    return Fields(props, path)
