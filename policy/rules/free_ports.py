"""No two listeners of a node want the same port: neither two containers, nor a container and what was there.

Docker notices only while it starts the second one, in the middle of an update. A port on every address meets
the same port on each single one. Reserved are the machine's SSH, over which it is deployed to, and the two
ports of the vector database on starlord, which is not ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlsplit

from pulumi_policy import EnforcementLevel, Severity

from .support.inventory import QDRANT_NODE, QDRANT_PORTS
from .support.nodes import Nodes, name_at, nodes_of
from .support.ports import published
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import Check, Placed, StackRule, guarded

SSH = 22
_EVERY = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what is compared with, not bound to


class Door(NamedTuple):
    """A port of a host, on whatever address."""

    host: str | None
    protocol: str
    number: int


class Listener(NamedTuple):
    """Who listens behind a door, and on which address."""

    ip: str
    """Empty for all of them."""

    who: str


Taken = Mapping[Door, list[Listener]]


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every collision, shown at the second container by name."""
    containers = sorted((each for each in resources if each.type == CONTAINER), key=attrgetter("name"))
    nodes = nodes_of(resources) if containers else {}
    taken: Taken = defaultdict(list)
    for container in containers:
        check = _check_against(taken, nodes)
        yield from ((container.urn, problem) for problem in guarded(check, container))


def _check_against(taken: Taken, nodes: Nodes) -> Check:
    def check_ports(container: Resource) -> Iterator[Problem]:
        for port in published(container):
            if port.number is None:
                continue
            door = Door(container.host(), port.protocol, port.number)
            ip = _address(port.ip)
            for other in (*_reserved(container, door, nodes), *taken[door]):
                if not ip or not other.ip or ip == other.ip:
                    got = f"{port}, which is taken by {other.who}"
                    yield container.problem(f"{port.path}.external", "must be free", got, "choose another")
            taken[door].append(Listener(ip, container.name))

    return check_ports


def _reserved(container: Resource, door: Door, nodes: Nodes) -> Iterator[Listener]:
    if door.protocol != "tcp":
        return
    if door.number in {SSH, _ssh_port(container)}:
        yield Listener("", "the machine's SSH")
    if door.number in QDRANT_PORTS and name_at(nodes, door.host) == QDRANT_NODE:
        yield Listener("", "Qdrant, which is not ours")


def _ssh_port(container: Resource) -> int | None:
    address = container.provider.text("host") if container.provider else None
    return urlsplit(address).port if address else None


def _address(ip: str | None) -> str:
    """The address in one spelling; what is none is refused by `tailnet-address-only` and compared as text."""
    text = ip or ""
    with suppress(ValueError):
        text = str(ip_address(text))
    return "" if text in _EVERY else text


RULE = StackRule(
    id="NET-004",
    name="free-ports",
    description="No two listeners of a node want the same port.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Publish one of the two at another port.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
