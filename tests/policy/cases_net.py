"""One edit of a real stack each, and the rules on networks that must then fire, and no other.

NET-006 advises against the ports of both databases as they are, so its edit publishes another container's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from policy.rules.support.resources import COMMAND, CONTAINER, NETWORK
from tests.policy import given
from tests.policy.cases_ctr import adding, setting
from tests.policy.cases_img import Case

ADDRESS = "100.96.197.84"
"""Of oracle, in the stack prod."""

LISTED = ("NET-003", "oracle-redis")


def redis(rule: str, edit: Callable[[given.Props], None], *also: tuple[str, str]) -> Case:
    """An edit of a container with one published port."""
    return Case(rule, CONTAINER, "oracle-redis", edit, also)


def network(rule: str, subnet: str, gateway: str, name: str = "oracle-network") -> Case:
    """Another range for the network of a node."""
    return Case(rule, NETWORK, name, setting(ipamConfigs=[{"subnet": subnet, "gateway": gateway}]))


def port(**changes: object) -> Callable[[given.Props], None]:
    """Change the first published port."""

    def edit(inputs: given.Props) -> None:
        ports = inputs["ports"]
        assert isinstance(ports, list)
        ports[0].update(changes)

    return edit


def another(number: float) -> Callable[[given.Props], None]:
    """Publish another port."""
    return adding("ports", {"internal": 1.0, "external": number, "ip": ADDRESS, "protocol": "tcp"})


class Provider(NamedTuple):
    """Another setting of the provider that a container is made with."""

    name: str
    changes: given.Props


CASES = (
    redis("NET-001", port(ip="0.0.0.0")),  # noqa: S104 - what must be refused
    redis("NET-001", port(ip="::")),
    redis("NET-001", port(ip=None)),
    redis("NET-001", port(ip="127.0.0.1")),
    redis("NET-002", another(23.0), LISTED),
    redis("NET-002", another(443.0), LISTED, ("NET-004", "oracle-redis")),
    redis("NET-003", another(6380.0)),
    redis("NET-003", port(protocol="udp")),
    redis("NET-003", port(external=None)),
    Case("NET-003", CONTAINER, "oracle-litellm", another(4001.0)),
    redis("NET-004", another(5432.0), LISTED),
    Case(
        "NET-004",
        CONTAINER,
        "starlord-vllm-secondary",
        adding("ports", {"internal": 1.0, "external": 8000.0, "ip": "100.72.73.3"}),
        (("NET-003", "starlord-vllm-secondary"),),
    ),
    network("NET-005", "172.20.2.0/24", "172.20.2.1", "thanos-network"),
    network("NET-005", "172.17.5.0/24", "172.17.5.1"),
    network("NET-005", "8.8.8.0/24", "8.8.8.1"),
    network("NET-005", "172.20.1.0/24", "172.20.2.1"),
    Case("NET-005", NETWORK, "oracle-network", setting(ipamConfigs=None)),
    Case(
        "NET-006",
        CONTAINER,
        "oracle-grafana",
        setting(image=f"postgres:17@sha256:{'0' * 64}"),
    ),
    Case("NET-007", COMMAND, "oracle-redis-files", setting(connection={"port": 22.0})),
)

PROVIDERS = (
    Provider("oracle-redis", {"host": "unix:///var/run/docker.sock"}),
    Provider("oracle-redis", {"context": "default"}),
    Provider("oracle-redis", {"sshOpts": None}),
    Provider("oracle-redis", {"sshOpts": json.dumps(["-o", "StrictHostKeyChecking=no"])}),
    Provider("oracle-redis-data", {"host": None}),
    Provider("oracle-network", {"sshOpts": json.dumps(["-F", "other"])}),
    Provider("oracle-redis-image", {"host": "tcp://100.96.197.84:2375"}),
)
"""Each breaks NET-007 at that resource; an address that is the node's no more breaks others there, too."""
