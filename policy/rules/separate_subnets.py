"""Every network says its subnet, and no address means two things anywhere in the swarm.

Left to itself, Docker chooses a free range of the one machine that it sees, while the tailnet leads to the
networks of all of them: the same range on two nodes would lead to whichever answered last. Docker's own
default bridge and the tailnet's addresses are the same on every machine, so neither may be used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from operator import attrgetter

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.nodes import Nodes, name_at, nodes_of
from .support.problems import Problem
from .support.resources import NETWORK, Resource
from .support.rule import Placed, StackRule, guarded

Subnet = IPv4Network | IPv6Network

PRIVATE: tuple[Subnet, ...] = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"))
)
"""RFC 1918 and RFC 4193; what Python calls private is more, e.g. ranges for documentation."""

TAKEN: Mapping[Subnet, str] = {
    ip_network("172.17.0.0/16"): "Docker's default bridge",
    ip_network("100.64.0.0/10"): "the tailnet",
    ip_network("fd7a:115c:a1e0::/48"): "the tailnet",
}
"""The same on every machine (Docker, `default-address-pools`; Tailscale, "IP pool")."""

_FIX = "give each node a subnet of its own in aiswarm:nodes"


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every network without a range of its own; one that meets another is shown at the second by name."""
    networks = sorted((each for each in resources if each.type == NETWORK), key=attrgetter("name"))
    nodes = nodes_of(resources) if networks else {}
    used: dict[Subnet, str] = {}
    for network in networks:
        for check in (partial(check_host, nodes=nodes), check_subnets, _check_against(used, nodes)):
            yield from ((network.urn, problem) for problem in guarded(check, network))


def check_host(network: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand that a network is on a node."""
    if name_at(nodes, network.host()) is None:
        expected = f"must be the engine on one of {', '.join(sorted(nodes))}"
        got = network.host() or "a local engine"
        yield network.problem("provider.host", expected, got, "use the docker provider of a node")


def check_subnets(network: Resource) -> Iterator[Problem]:
    """Demand a private range with a gateway in it."""
    configs = network.fields.objects("ipamConfigs")
    if not configs:
        yield network.problem("ipamConfigs", "must give the subnet", "none", _FIX)
    for config in configs:
        subnet = _subnet(config)
        if subnet is None:
            got = repr(config.text("subnet") or "")
            yield network.problem(
                config.path("subnet"), "must be a range of addresses such as 172.20.1.0/24", got, _FIX
            )
            continue
        if not any(_is_inside(subnet, private) for private in PRIVATE):
            yield network.problem(config.path("subnet"), "must be private", str(subnet), _FIX)
        gateway = config.text("gateway") or ""
        if not _is_host_of(gateway, subnet):
            fix = "Docker answers with one that was not asked for, and the next preview differs"
            yield network.problem(
                config.path("gateway"), f"must be an address for a host in {subnet}", repr(gateway), fix
            )


def _check_against(used: dict[Subnet, str], nodes: Nodes) -> Callable[[Resource], Iterator[Problem]]:
    def check_overlap(network: Resource) -> Iterator[Problem]:
        for config in network.fields.objects("ipamConfigs"):
            subnet = _subnet(config)
            if subnet is None:
                continue
            others = [*TAKEN.items(), *used.items(), *_machines(nodes)]
            for other, whose in others:
                if _overlap(subnet, other):
                    got = f"{subnet}, which meets {other} of {whose}"
                    yield network.problem(config.path("subnet"), "must be used once", got, _FIX)
            used[subnet] = network.name

    return check_overlap


def _subnet(config: Fields) -> Subnet | None:
    try:
        return ip_network(config.text("subnet") or "")
    except ValueError:
        return None


def _machines(nodes: Nodes) -> Iterator[tuple[Subnet, str]]:
    for name, node in nodes.items():
        with suppress(ValueError):  # a name instead of an address is resolved elsewhere
            yield ip_network(node.address), f"the machine {name}"


def _is_inside(subnet: Subnet, outer: Subnet) -> bool:
    return _overlap(subnet, outer) and subnet.prefixlen >= outer.prefixlen


def _overlap(one: Subnet, other: Subnet) -> bool:
    return one.version == other.version and one.overlaps(other)


def _is_host_of(address: str, subnet: Subnet) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return found in subnet and found not in {subnet.network_address, subnet.broadcast_address}


RULE = StackRule(
    id="NET-005",
    name="separate-subnets",
    description="Every network has a private subnet that nothing else in the swarm uses.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Give each node a subnet of its own in `aiswarm:nodes`.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
