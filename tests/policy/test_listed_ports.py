"""Ports that the pack expects, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from policy.rules.listed_ports import judge
from policy.rules.support.fields import Marker
from policy.rules.support.inventory import PUBLISHED
from policy.rules.support.resources import Resource
from tests.policy import given

FIX = "remove it, or list it in policy/rules/support/inventory.py"
NAMES = (*PUBLISHED, "oracle-litellm", "starlord-redis")
NUMBERS = (None, 1, *sorted({number for numbers in PUBLISHED.values() for number in numbers}))


def door(number: int | None, protocol: str) -> given.Props:
    return {"internal": 1.0, "external": None if number is None else float(number), "protocol": protocol}


def publishing(name: str, *ports: given.Props) -> Resource:
    return replace(given.container(ports=list(ports)), name=name, urn=f"urn::{name}")


def lines(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources)]


def test_listed_ports_and_less_than_those_pass() -> None:
    front = [door(number, "tcp") for number in PUBLISHED["oracle-haproxy"]]
    assert lines(publishing("oracle-haproxy", *front), publishing("oracle-redis"), given.volume()) == []


@pytest.mark.parametrize(
    ("name", "port", "expected", "got"),
    [
        ("oracle-redis", {"external": 6380.0}, "must be one of 6379", "6380/tcp"),
        ("oracle-redis", {"external": 6379.0, "protocol": "udp"}, "must be one of 6379", "6379/udp"),
        ("oracle-redis", {}, "must be one of 6379", "any/tcp"),
        ("oracle-litellm", {"external": 4000.0}, "must not be published", "4000/tcp"),
        ("starlord-redis", {"external": 6379.0}, "must not be published", "6379/tcp"),
    ],
)
def test_another_port_is_refused(name: str, port: given.Props, expected: str, got: str) -> None:
    container = publishing(name, {"internal": 1.0, **port})
    assert [urn for urn, _ in judge([container])] == [container.urn]
    assert lines(container) == [f"{name}.ports[0].external on node oracle: {expected}, got {got}; {FIX}"]


@pytest.mark.parametrize(
    ("ports", "path"),
    [
        (Marker.UNKNOWN, "ports"),
        ([{"external": Marker.UNKNOWN}], "ports[0].external"),
        ([{"external": 1.0, "protocol": Marker.UNKNOWN}], "ports[0].protocol"),
        ([{"external": "6379"}], "ports[0].external"),
    ],
)
def test_a_port_that_cannot_be_read_is_refused(ports: object, path: str) -> None:
    (found,) = lines(given.container(ports=ports))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")


@over(
    st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.lists(st.tuples(st.sampled_from(NUMBERS), st.sampled_from(["tcp", "UDP"]))),
        )
    )
)
def test_what_is_found_is_what_is_left_when_all_that_is_listed_is_taken_away(
    swarm: list[tuple[str, list[tuple[int | None, str]]]],
) -> None:
    listed = {(name, number, "tcp") for name, numbers in PUBLISHED.items() for number in numbers}
    wanted = [(name, *port) for name, ports in swarm for port in ports]
    found = judge([publishing(name, *(door(*port) for port in ports)) for name, ports in swarm])
    assert [urn for urn, _ in found] == [f"urn::{each[0]}" for each in wanted if each not in listed]
