"""Flags for programs that run once, and for people."""

from __future__ import annotations

import pytest

from policy.rules.support.fields import Marker
from policy.rules.unattended_containers import RULE
from tests.policy import given

FLAGS = ["attach", "logs", "publishAllPorts", "rm", "stdinOpen", "tty"]


@pytest.mark.parametrize("value", [None, False])
def test_a_service_passes(value: object) -> None:
    assert RULE.judge(given.container(**dict.fromkeys(FLAGS, value))) == []


@pytest.mark.parametrize("field", FLAGS)
def test_each_flag_is_refused(field: str) -> None:
    assert RULE.judge(given.container(**{field: True})) == [
        f"oracle-redis.{field} on node oracle: must be false, got true; remove it"
    ]


@pytest.mark.parametrize("field", FLAGS)
@pytest.mark.parametrize("value", [Marker.UNKNOWN, "false"])
def test_a_flag_that_cannot_be_read_is_refused(field: str, value: object) -> None:
    (found,) = RULE.judge(given.container(**{field: value}))
    assert found.startswith(f"oracle-redis.{field} on node oracle: must be true or false that is known")
