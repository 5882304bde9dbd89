"""Who talks to whom: what services name, what watchers ask, and where each is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from components.catalogue.swarm import swarm
from components.model.access import Flow
from components.model.flows import Connection, Why, flows
from components.model.problems import SpecError
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import STACKS, settings


def found(stack: str) -> tuple[Connection, ...]:
    return flows(settings(stack), swarm(settings(stack)))


def talking(stack: str, source: str, *to: Flow) -> Mapping[str, tuple[ServiceSpec, ...]]:
    """The swarm with other flows of one service."""
    return {
        node: tuple(replace(spec, talks_to=to) if spec.full_name == source else spec for spec in specs)
        for node, specs in swarm(settings(stack)).items()
    }


def test_another_node_is_reached_at_its_address_and_published_port() -> None:
    (connection,) = (
        each for each in found("prod") if (each.source, each.target) == ("thanos-agent", "oracle-vault")
    )

    assert (connection.host, connection.port, connection.why) == ("100.96.197.84", 8200, Why.DECLARED)
    assert connection.crosses


def test_a_neighbour_is_reached_by_its_name() -> None:
    (connection,) = (
        each for each in found("prod") if (each.target, each.why) == ("oracle-redis", Why.PROBE)
        and each.source == "oracle-consul"
    )  # fmt: skip

    assert (connection.host, connection.port, connection.crosses) == ("oracle-redis", 6379, False)


@pytest.mark.parametrize("stack", STACKS)
def test_prometheus_and_consul_reach_all_that_shows_metrics_or_has_a_probe(stack: str) -> None:
    specs = [spec for specs in swarm(settings(stack)).values() for spec in specs]
    reached = {(each.source, each.target) for each in found(stack)}

    wanted = {("oracle-prometheus", spec.full_name) for spec in specs if spec.metrics}
    wanted |= {("oracle-consul", spec.full_name) for spec in specs if spec.probe}
    wanted |= {("oracle-consul", "qdrant")}
    itself = {("oracle-prometheus", "oracle-prometheus"), ("oracle-consul", "oracle-consul")}

    assert wanted - itself <= reached
    assert not itself & reached


def test_what_is_not_ours_can_be_talked_to() -> None:
    swarm_with = talking("prod", "thanos-vllm-backup", Flow(to="qdrant", port="http"))
    found = flows(settings("prod"), swarm_with)
    (connection,) = (
        each for each in found if each.target == "qdrant" and each.source == "thanos-vllm-backup"
    )

    assert (connection.target_node, connection.host, connection.port) == ("starlord", "100.72.73.3", 6333)


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        (Flow(to="oracle-mysql", port="mysql"), "must name services of the swarm or external endpoints"),
        (Flow(to="oracle-redis", port="http"), "must have a port named 'http'"),
        (Flow(to="oracle-litellm", port="http"), "must publish the port named 'http'"),
    ],
)
def test_a_flow_to_nowhere_is_a_mistake(flow: Flow, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        flows(settings("prod"), talking("prod", "thanos-agent", flow))
