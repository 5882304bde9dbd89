"""Whether a container can change its own files."""

from __future__ import annotations

import pytest

from policy.rules.read_only_root import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


def test_a_read_only_root_passes() -> None:
    assert RULE.judge(given.container(readOnly=True)) == []


@pytest.mark.parametrize(("value", "got"), [(False, "false"), (None, "none")])
def test_a_writable_root_is_refused_said_or_not(value: object, got: str) -> None:
    assert RULE.judge(given.container(readOnly=value)) == [
        (
            f"oracle-redis.readOnly on node oracle: must be true, got {got}; "
            "mount a tmpfs or a volume where the program writes"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"readOnly": Marker.UNKNOWN}, "readOnly"),
        ({"readOnly": "true"}, "readOnly"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
