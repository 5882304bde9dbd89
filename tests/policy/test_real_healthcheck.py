"""Health checks that can fail."""

from __future__ import annotations

import pytest

from policy.rules.real_healthcheck import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


def judged(tests: object) -> list[str]:
    return RULE.judge(given.container(healthcheck={"tests": tests}))


@pytest.mark.parametrize(
    "tests",
    [
        ["CMD", "wget", "-q", "http://127.0.0.1/"],
        ["CMD", "pg_isready"],
        ["CMD", "grep", "true"],
        ["CMD", "sh", "-c", "test -e /x"],
        ["CMD-SHELL", "curl -f http://x || exit 1"],
        ["CMD-SHELL", "test $(cat /x) = true"],
        ["CMD-SHELL", "false; exit"],
    ],
)
def test_a_real_check_passes(tests: list[str]) -> None:
    assert judged(tests) == []


@pytest.mark.parametrize(
    ("tests", "got"),
    [
        (None, "nothing"),
        ([], "nothing"),
        (["NONE"], "none"),
        *(
            (tests, "a test that always succeeds")
            for tests in (
                ["CMD", "true"],
                ["CMD", "/bin/true"],
                ["CMD-SHELL", "true"],
                ["CMD-SHELL", " : "],
                ["CMD-SHELL", "exit 0"],
                ["CMD-SHELL", ""],
                ["CMD-SHELL", "curl http://x || true"],
                ["CMD-SHELL", "curl http://x;exit 0;"],
                ["CMD-SHELL", "curl http://x & true"],
                ["CMD", "/bin/sh", "-ec", "curl http://x\n|| :"],
            )
        ),
        (["CMD-SHELL", "a", "b"], "a form that Docker does not know"),
        (["curl", "x"], "a form that Docker does not know"),
    ],
)
def test_no_check_and_one_that_cannot_fail_are_refused(tests: object, got: str) -> None:
    assert judged(tests) == [
        (
            f"oracle-redis.healthcheck.tests on node oracle: must be able to fail, got {got}; "
            "ask the service itself, e.g. its health address"
        )
    ]


def test_a_container_without_any_health_check_is_refused() -> None:
    (found,) = RULE.judge(given.container(healthcheck=None))
    assert "healthcheck.tests on node oracle: must be able to fail, got nothing" in found


@pytest.mark.parametrize(
    "healthcheck", [Marker.UNKNOWN, "CMD", {"tests": Marker.UNKNOWN}, {"tests": ["CMD", Marker.UNKNOWN]}]
)
def test_what_cannot_be_read_is_refused(healthcheck: object) -> None:
    (found,) = RULE.judge(given.container(healthcheck=healthcheck))
    assert "healthcheck" in found
    assert "that is known at preview" in found
