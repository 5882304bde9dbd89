"""Which processors a machine may be said to have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.listed_nodes import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.inventory import ARCHITECTURES
from policy.rules.support.nodes import nodes_of
from policy.rules.support.problems import UnreadableError
from policy.rules.support.resources import Resource
from tests.policy import given
from tests.policy.recorded import stack

FIX = "correct it, or list the machine in policy/rules/support/inventory.py"


def judge(*nodes: Resource) -> list[str]:
    return [str(problem) for _, problem in RULE.check([*nodes, given.container()])]


def test_the_listed_machines_pass() -> None:
    assert judge(*given.nodes()) == []


@pytest.mark.parametrize(
    ("name", "arch", "listed"), [("oracle", "amd64", "arm64"), ("starlord", "arm64", "amd64")]
)
def test_another_architecture_is_refused(name: str, arch: str, listed: str) -> None:
    assert judge(given.node(name, arch=arch)) == [f"{name}.arch: must be {listed}, got {arch!r}; {FIX}"]


def test_it_is_shown_at_the_node() -> None:
    node = given.node("oracle", arch="amd64")
    assert [urn for urn, _ in RULE.check([node, given.container()])] == [node.urn]


def test_a_machine_that_is_not_listed_is_refused() -> None:
    (found,) = judge(replace(given.node("starlord"), name="starlord-2"))
    assert found == (
        "starlord-2.arch: must be of one of oracle, starlord, thanos, got a machine that is not listed; "
        f"{FIX}"
    )


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_a_node_of_the_lab_has_whatever_its_machine_has(arch: str) -> None:
    assert judge(given.node("oracle", arch=arch, address="198.18.0.11")) == []
    assert judge(replace(given.node("oracle", arch=arch, address="198.19.0.11"), name="node")) == []


@pytest.mark.parametrize("address", ["198.20.0.11", "198.17.255.255", "198.18.0.11.example", "::198.18.0.11"])
def test_what_only_looks_like_the_labs_address_does_not_count(address: str) -> None:
    assert judge(given.node("oracle", arch="amd64", address=address))


def test_a_stack_without_docker_needs_no_nodes() -> None:
    assert list(RULE.check([given.other("random:index/randomUuid:RandomUuid", "x", {})])) == []


@pytest.mark.parametrize(
    "nodes",
    [(), (given.node("oracle", arch=Marker.UNKNOWN),), (given.node("oracle", arch=1.0),)],
    ids=["none", "unknown", "wrong type"],
)
def test_nodes_that_cannot_be_read_are_refused(nodes: tuple[Resource, ...]) -> None:
    with pytest.raises(UnreadableError):
        judge(*nodes)


def test_the_list_is_of_the_machines_that_there_are() -> None:
    found = nodes_of([each.resource for each in stack("prod")])
    assert {name: node.arch for name, node in found.items()} == ARCHITECTURES
