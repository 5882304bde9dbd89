"""Which services limit their open files."""

from __future__ import annotations

import pytest

from policy.rules.open_files_limit import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

NOFILE = {"name": "nofile", "soft": 65536.0, "hard": 65536.0}
REFUSED = (
    "oracle-redis.ulimits on node oracle: must hold nofile, got no such limit; "
    "set it from the connections that the service must hold"
)


def labels(service: str) -> list[given.Props]:
    return [{"label": "aiswarm.service", "value": service}, {"label": "aiswarm.node", "value": "oracle"}]


SERVICES = ["postgres", "redis", "haproxy", "vllm", "vllm-primary"]


@pytest.mark.parametrize("service", SERVICES)
def test_services_with_many_connections_must_set_the_limit(service: str) -> None:
    assert RULE.judge(given.container(labels=labels(service), ulimits=[NOFILE])) == []
    for ulimits in (None, [], [{"name": "nproc"}]):
        assert RULE.judge(given.container(labels=labels(service), ulimits=ulimits)) == [REFUSED]


@pytest.mark.parametrize("service", ["grafana", "redis-exporter", "postgres-exporter"])
def test_other_services_need_none(service: str) -> None:
    assert RULE.judge(given.container(labels=labels(service), ulimits=None)) == []


def test_a_container_without_a_service_needs_none() -> None:
    assert RULE.judge(given.container(labels=None, ulimits=None)) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ulimits": Marker.UNKNOWN}, "ulimits"),
        ({"ulimits": [{"name": Marker.UNKNOWN}]}, "ulimits[0].name"),
        ({"ulimits": "nofile"}, "ulimits"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found


def test_labels_that_cannot_be_read_are_refused() -> None:
    (found,) = RULE.judge(given.container(labels=Marker.UNKNOWN, ulimits=[NOFILE]))
    assert "oracle-redis.labels on host 100.64.0.1: must be a list that is known at preview" in found
