"""Which databases are published."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.support.fields import Marker
from policy.rules.support.resources import NETWORK, Resource
from policy.rules.unpublished_data import judge
from tests.policy import given

FOUND = (
    "oracle-redis.ports[0].external on node oracle: must not be published, or its network must be internal, "
    "got 6379/tcp; let other nodes ask a service in front of it"
)


def network(**changes: object) -> Resource:
    props = {"name": "swarm", **changes}
    return replace(given.other(NETWORK, "oracle-network", props), provider=given.provider())


def lines(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources)]


@pytest.mark.parametrize(
    "image",
    [
        "docker.io/library/redis:8.2",
        "postgres@sha256:abc",
        "100.64.0.9:5000/aiswarm/postgres:17",
        "pgvector/pgvector:pg17",
        "another:1",
    ],
)
def test_a_published_database_is_advised_against(image: str) -> None:
    assert lines(given.container(image=image)) == [FOUND]
    assert lines(given.container(image=image), network(internal=False)) == [FOUND]
    assert lines(given.container(image=image), network()) == [FOUND]


def test_one_by_its_image_alone_is_found() -> None:
    (found,) = lines(given.container(labels=[{"label": "aiswarm.node", "value": "oracle"}]))
    assert found == FOUND


def test_unpublished_ones_and_other_programs_pass() -> None:
    other = [{"label": "aiswarm.service", "value": "grafana"}]
    assert lines(given.container(ports=[]), given.container(ports=None), given.volume()) == []
    assert lines(given.container(image="oliver006/redis_exporter:v1", labels=other)) == []


def test_on_internal_networks_docker_publishes_nothing() -> None:
    assert lines(given.container(), network(internal=True)) == []
    both = given.container(networksAdvanced=[{"name": "swarm"}, {"name": "open"}])
    assert lines(both, network(internal=True)) == [FOUND]
    assert lines(given.container(networksAdvanced=[]), network(internal=True)) == [FOUND]


@pytest.mark.parametrize("internal", [Marker.UNKNOWN, "true"])
def test_a_network_that_cannot_be_read_is_not_taken_for_internal(internal: object) -> None:
    assert lines(given.container(), network(internal=internal)) == [FOUND]


def test_a_network_of_another_machine_does_not_count() -> None:
    elsewhere = replace(
        network(internal=True), provider=given.provider(host=f"ssh://root@{given.AMD_ADDRESS}")
    )
    assert lines(given.container(), elsewhere) == [FOUND]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"image": Marker.UNKNOWN}, "image"),
        ({"ports": Marker.UNKNOWN}, "ports"),
        ({"ports": [{"external": "1"}]}, "ports[0].external"),
        ({"networksAdvanced": [{"name": Marker.UNKNOWN}]}, "networksAdvanced[0].name"),
    ],
)
def test_a_field_that_cannot_be_read_is_reported(changes: given.Props, path: str) -> None:
    (found,) = lines(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
