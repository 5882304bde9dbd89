"""When containers come back."""

from __future__ import annotations

import pytest

from policy.rules.restart_after_failure import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


@pytest.mark.parametrize("restart", ["unless-stopped", "always"])
@pytest.mark.parametrize("attempts", [None, 0.0, 99.0])
def test_a_container_that_always_comes_back_passes(restart: str, attempts: object) -> None:
    assert RULE.judge(given.container(restart=restart, maxRetryCount=attempts)) == []


@pytest.mark.parametrize("attempts", [1.0, 5.0])
def test_few_attempts_pass(attempts: float) -> None:
    assert RULE.judge(given.container(restart="on-failure", maxRetryCount=attempts)) == []


@pytest.mark.parametrize(("restart", "got"), [(None, "none"), ("", "none"), ("no", "'no'"), ("On", "'On'")])
def test_a_container_that_stays_away_is_refused(restart: object, got: str) -> None:
    assert RULE.judge(given.container(restart=restart)) == [
        (
            "oracle-redis.restart on node oracle: must be unless-stopped, always or on-failure, "
            f"got {got}; set unless-stopped"
        )
    ]


@pytest.mark.parametrize(
    ("attempts", "got"), [(None, "none, which is for ever"), (0.0, "none, which is for ever"), (6.0, "6")]
)
def test_other_numbers_of_attempts_are_refused(attempts: object, got: str) -> None:
    assert RULE.judge(given.container(restart="on-failure", maxRetryCount=attempts)) == [
        f"oracle-redis.maxRetryCount on node oracle: must be 1 to 5 with on-failure, got {got}; set it"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"restart": Marker.UNKNOWN},
        {"restart": True},
        {"restart": "on-failure", "maxRetryCount": Marker.UNKNOWN},
        {"restart": "on-failure", "maxRetryCount": "3"},
    ],
)
def test_what_cannot_be_read_is_refused(fields: given.Props) -> None:
    (found,) = RULE.judge(given.container(**fields))
    assert "that is known at preview" in found
