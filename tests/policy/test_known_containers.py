"""Names and labels, and that containers are kept running."""

from __future__ import annotations

import pytest

from policy.rules.known_containers import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import NETWORK, Resource
from tests.policy import given


def network(**changes: object) -> Resource:
    props: given.Props = {"name": "swarm", "labels": given.labels(), **changes}
    return given.other(NETWORK, "oracle-network", props)


def without(label: str) -> list[given.Props]:
    return [each for each in given.labels() if each["label"] != f"aiswarm.{label}"]


def test_a_known_container_and_network_pass() -> None:
    assert RULE.judge(given.container()) == []
    assert RULE.judge(given.container(start=True, mustRun=True, wait=True)) == []
    assert RULE.judge(network()) == []
    assert RULE.judge(network(labels=without("service"))) == []


@pytest.mark.parametrize("resource", [given.container(name=None), network(name=None), network(name="")])
def test_a_name_must_be_given(resource: Resource) -> None:
    (found,) = RULE.judge(resource)
    assert found.endswith(".name on node oracle: must be given, got none; name it")


@pytest.mark.parametrize(
    ("fields", "expected", "name"),
    [
        ({"name": "redis"}, "oracle-redis", "redis"),
        ({"labels": given.labels("thanos")}, "thanos-redis", "oracle-redis"),
    ],
)
def test_a_name_must_say_node_and_service(fields: given.Props, expected: str, name: str) -> None:
    (found,) = RULE.judge(given.container(**fields))
    assert found.endswith(
        f": must be {expected!r}, as the labels say, got {name!r} for the resource 'oracle-redis'; rename it"
    )


@pytest.mark.parametrize("label", ["node", "stack", "service"])
def test_a_missing_label_is_refused(label: str) -> None:
    missing = f"oracle-redis.labels[aiswarm.{label}] on "
    found = RULE.judge(given.container(labels=without(label)))
    assert any(line.startswith(missing) and ": must be given, got none" in line for line in found)


@pytest.mark.parametrize("label", ["node", "stack"])
def test_a_network_is_labelled_too(label: str) -> None:
    (found,) = RULE.judge(network(labels=without(label)))
    assert f"oracle-network.labels[aiswarm.{label}]" in found


@pytest.mark.parametrize(("value", "got"), [(None, "none"), ("hand", "'hand'")])
def test_who_looks_after_it_must_be_said(value: object, got: str) -> None:
    labels = [*without("managed-by"), {"label": "aiswarm.managed-by", "value": value}]
    assert RULE.judge(given.container(labels=labels)) == [
        f"oracle-redis.labels[aiswarm.managed-by] on node oracle: must be pulumi, got {got}; label it"
    ]


@pytest.mark.parametrize("field", ["start", "mustRun"])
def test_a_container_that_is_not_kept_running_is_refused(field: str) -> None:
    assert RULE.judge(given.container(**{field: False})) == [
        f"oracle-redis.{field} on node oracle: must be true, got false; remove it"
    ]


@pytest.mark.parametrize("healthcheck", [None, {"tests": []}, {"tests": ["NONE"]}])
def test_waiting_for_nothing_is_refused(healthcheck: object) -> None:
    (found,) = RULE.judge(given.container(wait=True, healthcheck=healthcheck))
    assert "wait on node oracle: must be false without a health check, got true" in found
    assert RULE.judge(given.container(wait=False, healthcheck=healthcheck)) == []


@pytest.mark.parametrize("field", ["name", "labels", "start", "mustRun", "wait", "healthcheck"])
@pytest.mark.parametrize("value", [Marker.UNKNOWN, 1.0])
def test_what_cannot_be_read_is_refused(field: str, value: object) -> None:
    found = RULE.judge(given.container(**{field: value}))
    assert found
    assert all(field in line and "that is known at preview" in line for line in found)
