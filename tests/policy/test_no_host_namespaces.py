"""Namespaces of the host."""

from __future__ import annotations

import pytest

from policy.rules.no_host_namespaces import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

FIELDS = ["cgroupnsMode", "ipcMode", "networkMode", "pidMode", "usernsMode"]


def test_namespaces_of_its_own_pass() -> None:
    assert RULE.judge(given.container()) == []
    assert RULE.judge(given.container(cgroupnsMode="private", ipcMode="private", pidMode="")) == []


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("mode", ["host", "container:qdrant"])
def test_a_namespace_of_the_host_or_another_container_is_refused(field: str, mode: str) -> None:
    assert RULE.judge(given.container(**{field: mode})) == [
        (
            f"oracle-redis.{field} on node oracle: must not be the namespace of the host "
            "or of another container, "
            f"got {mode!r}; remove it"
        )
    ]


def test_every_problem_is_reported_at_once() -> None:
    assert len(RULE.judge(given.container(**dict.fromkeys(FIELDS, "host")))) == len(FIELDS)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [Marker.UNKNOWN, True])
def test_a_field_that_cannot_be_read_is_refused(field: str, value: object) -> None:
    (found,) = RULE.judge(given.container(**{field: value}))
    assert found.startswith(
        f"oracle-redis.{field} on node oracle: must be text that is known at preview, got "
    )
