"""How long programs have to write their data down."""

from __future__ import annotations

import pytest

from policy.rules.support.fields import Marker
from policy.rules.time_to_stop import RULE
from tests.policy import given

FIELDS = ("stopTimeout", "destroyGraceSeconds")


def test_enough_time_passes_and_others_need_none() -> None:
    assert RULE.judge(given.container(stopTimeout=30.0, destroyGraceSeconds=30.0)) == []
    other = [{"label": "aiswarm.service", "value": "grafana"}]
    assert RULE.judge(given.container(labels=other, stopTimeout=None, destroyGraceSeconds=None)) == []
    assert RULE.judge(given.container(labels=None, stopTimeout=None)) == []


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("seconds", "got"), [(None, "none"), (0.0, "0"), (29.5, "29.5")])
def test_too_little_is_advised_against(field: str, seconds: object, got: str) -> None:
    assert RULE.judge(given.container(**{field: seconds})) == [
        f"oracle-redis.{field} on node oracle: must be at least 30 seconds, got {got}; raise it"
    ]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("seconds", [Marker.UNKNOWN, "60", True])
def test_a_time_that_cannot_be_read_is_reported(field: str, seconds: object) -> None:
    (found,) = RULE.judge(given.container(**{field: seconds}))
    assert found.startswith(f"oracle-redis.{field} on node oracle: must be a number that is known at preview")
