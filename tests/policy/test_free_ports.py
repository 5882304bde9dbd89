"""Listeners that get in each other's way."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from policy.rules.free_ports import judge
from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from tests.policy import given

EVERY = "0.0.0.0"  # noqa: S104 - what is judged
ADDRESSES = {"oracle": given.ARM_ADDRESS, "starlord": given.AMD_ADDRESS}


def port(number: object, ip: object = given.ARM_ADDRESS, protocol: object = "tcp") -> given.Props:
    return {"internal": 1.0, "external": number, "ip": ip, "protocol": protocol}


def at(name: str, *ports: given.Props, node: str = "oracle", ssh: str = "") -> Resource:
    return replace(
        given.container(ports=list(ports), labels=given.labels(node)),
        name=name,
        urn=f"urn::{name}",
        provider=given.provider(host=f"ssh://root@{ADDRESSES[node]}{ssh}"),
    )


def lines(*resources: Resource) -> list[str]:
    found = [str(problem) for _, problem in judge([*given.nodes(), *resources])]
    assert found == [str(problem) for _, problem in judge([*resources[::-1], *given.nodes()])]
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (port(8001.0), port(8002.0)),
        (port(8001.0), port(8001.0, protocol="udp")),
        (port(8001.0), port(8001.0, ip="127.0.0.1")),
        (port(None), port(None)),
    ],
)
def test_different_doors_pass(one: given.Props, other: given.Props) -> None:
    assert lines(at("a", one), at("b", other)) == []


def test_the_same_port_on_two_nodes_passes() -> None:
    assert lines(at("a", port(8001.0)), at("b", port(8001.0), node="starlord"), given.volume()) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (port(8001.0), port(8001.0)),
        (port(8001.0), port(8001.0, protocol="TCP")),
        (port(8001.0, protocol=None), port(8001.0)),
        (port(8001.0), port(8001.0, ip=EVERY)),
        (port(8001.0, ip=""), port(8001.0)),
        (port(8001.0, ip=None), port(8001.0, ip="::")),
        (port(8001.0, ip="FD00::1"), port(8001.0, ip="fd00:0::1")),
        (port(8001.0, ip="localhost"), port(8001.0, ip="localhost")),
    ],
)
def test_a_collision_is_shown_at_the_second_container(one: given.Props, other: given.Props) -> None:
    (found,) = lines(at("a", one), at("b", other))
    assert found == (
        "b.ports[0].external on node oracle: must be free, got 8001/tcp, which is taken by a; choose another"
    )


def test_a_container_can_be_in_its_own_way() -> None:
    (found,) = lines(at("a", port(8001.0), port(8001.0)))
    assert "a.ports[1].external on node oracle: must be free, got 8001/tcp, which is taken by a" in found


@pytest.mark.parametrize(
    ("container", "whose"),
    [
        (at("a", port(22.0)), "the machine's SSH"),
        (at("a", port(2222.0), ssh=":2222"), "the machine's SSH"),
        (at("a", port(6333.0), node="starlord"), "Qdrant, which is not ours"),
        (at("a", port(6334.0), node="starlord"), "Qdrant, which is not ours"),
    ],
)
def test_what_was_there_before_keeps_its_ports(container: Resource, whose: str) -> None:
    (found,) = lines(container)
    assert f"must be free, got {container.fields.objects('ports')[0].number('external'):g}/tcp" in found
    assert f"which is taken by {whose}; choose another" in found


def test_reserved_ports_are_of_one_protocol_and_of_one_machine() -> None:
    assert lines(at("a", port(6333.0))) == []
    assert lines(at("a", port(6333.0, protocol="udp"), node="starlord")) == []


@pytest.mark.parametrize(
    ("ports", "path"),
    [
        (Marker.UNKNOWN, "ports"),
        ([port(Marker.UNKNOWN)], "ports[0].external"),
        ([port(1.0, ip=Marker.UNKNOWN)], "ports[0].ip"),
        ([port("1")], "ports[0].external"),
    ],
)
def test_a_port_that_cannot_be_read_is_refused(ports: object, path: str) -> None:
    (found,) = lines(given.container(ports=ports))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")


class Wanted(NamedTuple):
    """One published port of a made-up swarm."""

    node: str
    ip: str
    protocol: str
    number: int


IPS = ["", EVERY, "::", given.ARM_ADDRESS, "127.0.0.1"]
WANTED = st.builds(
    Wanted,
    st.sampled_from(sorted(ADDRESSES)),
    st.sampled_from(IPS),
    st.sampled_from(["tcp", "udp"]),
    st.sampled_from([22, 6333, 8001]),
)


@over(st.lists(WANTED, max_size=6))
def test_collisions_are_those_that_trying_every_pair_finds(swarm: list[Wanted]) -> None:
    every = {"", EVERY, "::"}
    pairs = [
        (one, other)
        for one, other in combinations(swarm, 2)
        if (one.node, one.protocol, one.number) == (other.node, other.protocol, other.number)
        and (one.ip == other.ip or not every.isdisjoint({one.ip, other.ip}))
    ]
    reserved = [
        each
        for each in swarm
        if each.protocol == "tcp" and (each.number == 22 or (each.node, each.number) == ("starlord", 6333))
    ]
    containers = [
        at(f"c{index}", port(float(each.number), each.ip, each.protocol), node=each.node)
        for index, each in enumerate(swarm)
    ]
    found = list(judge([*given.nodes(), *containers]))
    assert len(found) == len(pairs) + len(reserved)
