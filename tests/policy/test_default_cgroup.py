"""Under which control group a container is."""

from __future__ import annotations

import pytest

from policy.rules.default_cgroup import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


@pytest.mark.parametrize("parent", [None, ""])
def test_dockers_own_group_passes(parent: object) -> None:
    assert RULE.judge(given.container(cgroupParent=parent)) == []


def test_another_parent_is_refused() -> None:
    assert RULE.judge(given.container(cgroupParent="/system.slice")) == [
        "oracle-redis.cgroupParent on node oracle: must be absent, got '/system.slice'; remove it"
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"cgroupParent": Marker.UNKNOWN}, "cgroupParent"),
        ({"cgroupParent": True}, "cgroupParent"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
