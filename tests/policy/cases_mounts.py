"""Edits of a real stack by which a container would reach what is not its own, with the rules that fire."""

from __future__ import annotations

from policy.rules.support.resources import CONTAINER, VOLUME
from tests.policy import given
from tests.policy.cases_ctr import adding, setting
from tests.policy.cases_img import Case

REDIS = "oracle-redis"
SECRETS = f"{REDIS}-secrets"
CLOSED = "size=1m,mode=2750"


def volume(rule: str, options: given.Props, *also: str, name: str = SECRETS) -> Case:
    """Other options for a volume."""
    return Case(rule, VOLUME, name, setting(driverOpts=options), tuple((other, name) for other in also))


def named(rule: str, name: str, *also: str) -> Case:
    """Another volume in the short form of a mount."""
    entry = {"volumeName": name, "containerPath": "/x", "readOnly": True}
    return Case(rule, CONTAINER, REDIS, adding("volumes", entry), tuple((other, REDIS) for other in also))


def folder(path: str, container: str = REDIS, **fields: object) -> Case:
    """A folder of another service."""
    entry = {"hostPath": path, "containerPath": "/x", "readOnly": True, **fields}
    return Case("DAT-008", CONTAINER, container, adding("volumes", entry))


def long(rule: str, *also: str, **mount: object) -> Case:
    """Another mount in the long form."""
    entry = {"target": "/x", "readOnly": True, **mount}
    return Case(rule, CONTAINER, REDIS, adding("mounts", entry), tuple((other, REDIS) for other in also))


def brought(**options: object) -> Case:
    """A mount that makes a volume with options of its own."""
    made = {"driverOptions": options}
    return long("CTR-009", type="volume", source="oracle-redis-data", volumeOptions=made)


CASES = (
    volume("CTR-009", {"type": "proc", "device": "proc", "o": CLOSED}, "DAT-002", "SEC-003"),
    volume("CTR-009", {"type": "devtmpfs", "device": "tmpfs", "o": CLOSED}, "DAT-002", "SEC-003"),
    volume("CTR-009", {"type": "tmpfs", "device": "/srv", "o": f"{CLOSED},bind"}, "DAT-002", "SEC-003"),
    volume("CTR-009", {"type": "nfs", "device": ":/srv", "o": "addr=192.0.2.1"}, name="oracle-redis-data"),
    brought(type="proc", device="proc"),
    brought(type="devtmpfs", device="tmpfs"),
    brought(type="none", o="bind", device="/opt/swarm/redis/config"),
    named("DAT-007", "oracle-redis-more"),
    # It is of another host.
    named("DAT-007", "thanos-rag-data", "DAT-008"),
    named("DAT-007", "data", "DAT-008"),
    long("DAT-007", type="volume", source="oracle-redis-more"),
    long("DAT-007", type="volume"),
    named("DAT-008", "oracle-vault-data"),
    named("DAT-008", "oracle-postgres-secrets"),
    # The agent renders secrets, and has no business with data.
    Case(
        "DAT-008",
        CONTAINER,
        "oracle-agent",
        adding("volumes", {"volumeName": "oracle-vault-data", "containerPath": "/x", "readOnly": True}),
    ),
    # The name of one service may begin with that of another.
    Case(
        "DAT-008",
        CONTAINER,
        "oracle-postgres",
        adding(
            "volumes",
            {"volumeName": "oracle-postgres-exporter-secrets", "containerPath": "/x", "readOnly": True},
        ),
    ),
    long("DAT-008", type="volume", source="oracle-vault-data"),
    folder("/opt/swarm/vault/config"),
    folder("/opt/swarm/redis/../vault"),
    folder("/opt/swarm/redis-exporter"),
    folder("/opt/swarm/metrics"),
    folder("/opt/swarm/metrics", "oracle-node-exporter", readOnly=False),
    long("DAT-008", type="bind", source="/opt/swarm/agent/secrets"),
    volume(
        "DAT-008",
        {"type": "none", "device": "/opt/swarm/vault/data", "o": "bind"},
        name="oracle-redis-data",
    ),
)
