"""Which addresses networks use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from policy.rules.separate_subnets import judge
from policy.rules.support.fields import Marker
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import NETWORK, Resource
from tests.policy import given

GOOD: given.Props = {"subnet": "172.20.1.0/24", "gateway": "172.20.1.1"}
ADDRESSES = {"oracle": given.ARM_ADDRESS, "starlord": given.AMD_ADDRESS}


def network(configs: object, name: str = "oracle-network", node: str = "oracle") -> Resource:
    props = {"name": "swarm", "labels": given.labels(node), "ipamConfigs": configs}
    return replace(
        given.other(NETWORK, name, props),
        urn=f"urn::{name}",
        provider=given.provider(host=f"ssh://root@{ADDRESSES[node]}"),
    )


def lines(*resources: Resource, nodes: Sequence[Resource] = ()) -> list[str]:
    everything = [*(nodes or given.nodes()), *resources]
    found = [str(problem) for _, problem in judge(everything)]
    assert found == [str(problem) for _, problem in judge(everything[::-1])]
    return found


def test_subnets_of_their_own_pass() -> None:
    other = {"subnet": "172.20.2.0/24", "gateway": "172.20.2.1"}
    six = {"subnet": "fd00:1::/64", "gateway": "fd00:1::1"}
    assert lines(network([GOOD, six]), network([other], "starlord-network", "starlord")) == []
    assert lines(given.container(), given.volume()) == []


@pytest.mark.parametrize("configs", [None, []])
def test_a_network_must_say_its_subnet(configs: object) -> None:
    assert lines(network(configs)) == [
        (
            "oracle-network.ipamConfigs on node oracle: must give the subnet, got none; "
            "give each node a subnet of its own in aiswarm:nodes"
        )
    ]


@pytest.mark.parametrize("subnet", [None, "", "172.20.1.5/24", "swarm"])
def test_what_is_no_range_is_refused(subnet: object) -> None:
    (found,) = lines(network([{**GOOD, "subnet": subnet}]))
    assert "ipamConfigs[0].subnet on node oracle: must be a range of addresses such as" in found
    assert f"got {subnet or ''!r}; " in found


@pytest.mark.parametrize("subnet", ["8.8.8.0/24", "198.51.100.0/24", "172.0.0.0/8", "2001:db8::/64"])
def test_a_public_range_is_refused(subnet: str) -> None:
    gateway = str(next(ip_network(subnet).hosts()))
    found = lines(network([{"subnet": subnet, "gateway": gateway}]))
    assert any(f"must be private, got {subnet}; " in line for line in found)


@pytest.mark.parametrize("gateway", [None, "", "172.20.2.1", "172.20.1.0", "172.20.1.255", "fd00::1", "x"])
def test_the_gateway_is_a_host_of_the_subnet(gateway: object) -> None:
    (found,) = lines(network([{**GOOD, "gateway": gateway}]))
    assert "ipamConfigs[0].gateway on node oracle: must be an address for a host in 172.20.1.0/24, " in found
    assert f"got {gateway or ''!r}; " in found


@pytest.mark.parametrize(
    ("subnet", "gateway", "whose"),
    [
        ("172.17.0.0/16", "172.17.0.1", "172.17.0.0/16 of Docker's default bridge"),
        ("172.16.0.0/12", "172.16.0.1", "172.17.0.0/16 of Docker's default bridge"),
        ("fd7a:115c:a1e0:1::/64", "fd7a:115c:a1e0:1::1", "fd7a:115c:a1e0::/48 of the tailnet"),
    ],
)
def test_ranges_of_others_are_refused(subnet: str, gateway: str, whose: str) -> None:
    assert lines(network([{"subnet": subnet, "gateway": gateway}])) == [
        (
            f"oracle-network.ipamConfigs[0].subnet on node oracle: must be used once, "
            f"got {subnet}, which meets {whose}; give each node a subnet of its own in aiswarm:nodes"
        )
    ]


def test_the_tailnets_range_is_neither_private_nor_free() -> None:
    found = lines(network([{"subnet": "100.64.9.0/24", "gateway": "100.64.9.1"}]))
    assert len(found) == 2
    assert "must be private" in found[0]
    assert "which meets 100.64.0.0/10 of the tailnet" in found[1]


def test_a_machine_in_the_subnet_is_refused() -> None:
    nodes = [given.node("oracle"), given.node("starlord", address="172.20.1.9")]
    (found,) = lines(network([GOOD]), nodes=nodes)
    assert "got 172.20.1.0/24, which meets 172.20.1.9/32 of the machine starlord" in found


def test_the_plan_that_gives_each_node_the_same_range_is_refused() -> None:
    same = {"subnet": "172.20.0.0/16", "gateway": "172.20.0.1"}
    (found,) = lines(network([same]), network([same], "starlord-network", "starlord"))
    assert found.startswith("starlord-network.ipamConfigs[0].subnet on node starlord: must be used once")
    assert "got 172.20.0.0/16, which meets 172.20.0.0/16 of oracle-network; " in found


def test_two_ranges_of_one_network_may_not_meet() -> None:
    (found,) = lines(network([GOOD, {"subnet": "172.20.1.128/25", "gateway": "172.20.1.129"}]))
    assert "ipamConfigs[1].subnet" in found


@pytest.mark.parametrize("host", ["ssh://root@100.64.0.9", "unix:///var/run/docker.sock"])
def test_a_network_elsewhere_is_refused(host: str) -> None:
    (found,) = lines(replace(network([GOOD]), provider=given.provider(host=host)))
    assert (
        "oracle-network.provider.host on node oracle: must be the engine on one of oracle, starlord" in found
    )


@pytest.mark.parametrize(
    ("configs", "path"),
    [
        (Marker.UNKNOWN, "ipamConfigs"),
        ("172.20.1.0/24", "ipamConfigs"),
        ([{**GOOD, "subnet": Marker.UNKNOWN}], "ipamConfigs[0].subnet"),
        ([{**GOOD, "gateway": 1.0}], "ipamConfigs[0].gateway"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(configs: object, path: str) -> None:
    found = lines(network(configs))
    assert found
    assert all(line.startswith(f"oracle-network.{path} on node oracle: must be ") for line in found)


def test_without_nodes_networks_cannot_be_judged() -> None:
    with pytest.raises(UnreadableError):
        list(judge([network([GOOD])]))


SUBNETS = st.builds(
    lambda third, length: ip_network(f"10.0.{third}.0/{length}", strict=False),
    st.integers(0, 31),
    st.integers(20, 24),
)


@over(st.lists(st.tuples(SUBNETS, st.sampled_from(sorted(ADDRESSES))), max_size=6))
def test_ranges_that_meet_are_those_that_share_an_address(swarm: list[tuple[object, str]]) -> None:
    blocks = [{str(each)[: str(each).rindex(".")] for each in ip_network(str(one)).subnets(new_prefix=24)}
              for one, _ in swarm]  # fmt: skip
    networks = [
        network(
            [{"subnet": str(subnet), "gateway": str(next(ip_network(str(subnet)).hosts()))}],
            f"n{index}",
            node,
        )
        for index, (subnet, node) in enumerate(swarm)
    ]
    second = {
        f"urn::n{late}"
        for late, block in enumerate(blocks)
        for early in range(late)
        if not block.isdisjoint(blocks[early])
    }
    assert {urn for urn, _ in judge([*given.nodes(), *networks])} == second
