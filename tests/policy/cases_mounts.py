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


def brought(**options: object) -> Case:
    """A mount that makes a volume with options of its own."""
    mount = {"type": "volume", "target": "/x", "volumeOptions": {"driverOptions": options}}
    return Case("CTR-009", CONTAINER, REDIS, adding("mounts", mount))


CASES = (
    volume("CTR-009", {"type": "proc", "device": "proc", "o": CLOSED}, "DAT-002", "SEC-003"),
    volume("CTR-009", {"type": "devtmpfs", "device": "tmpfs", "o": CLOSED}, "DAT-002", "SEC-003"),
    volume("CTR-009", {"type": "tmpfs", "device": "/srv", "o": f"{CLOSED},bind"}, "DAT-002", "SEC-003"),
    volume("CTR-009", {"type": "nfs", "device": ":/srv", "o": "addr=192.0.2.1"}, name="oracle-redis-data"),
    brought(type="proc", device="proc"),
    brought(type="devtmpfs", device="tmpfs"),
    brought(type="none", o="bind", device="/opt/swarm/redis/config"),
)
