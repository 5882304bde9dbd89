"""Who a container runs as."""

from __future__ import annotations

import pytest

from policy.rules.non_root_user import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

EXPECTED = "oracle-redis.user on node oracle: must be a numeric uid or uid:gid with a uid other than 0, got "
FIX = "; declare the user that the image is built for, e.g. 1000:1000"


@pytest.mark.parametrize("user", ["1000", "1000:1000", "2000:0", "100:1000", "65532:65532"])
def test_a_numeric_user_passes_and_group_0_is_allowed(user: str) -> None:
    assert RULE.judge(given.container(user=user)) == []


ROOT = ["0", "0:0", "0:1000", "00:1000", "root"]
NAMES = ["postgres", "postgres:1000", "1000:root"]
MALFORMED = ["1000:", ":1000", "-1", "1000 ", "1000\n", "1000:1000:1000", "１０００"]


@pytest.mark.parametrize("user", [*ROOT, *NAMES, *MALFORMED])
def test_root_and_names_are_refused(user: str) -> None:
    assert RULE.judge(given.container(user=user)) == [f"{EXPECTED}{user!r}{FIX}"]


@pytest.mark.parametrize("user", [None, ""])
def test_a_missing_user_is_refused_because_the_image_would_choose(user: str | None) -> None:
    assert RULE.judge(given.container(user=user)) == [f"{EXPECTED}none{FIX}"]


@pytest.mark.parametrize(
    ("user", "got"),
    [(Marker.UNKNOWN, "a value that is unknown until the update"), (1000.0, "a number"), (["0"], "a list")],
)
def test_a_user_that_cannot_be_read_is_refused(user: object, got: str) -> None:
    (line,) = RULE.judge(given.container(user=user))
    assert line == (
        f"oracle-redis.user on node oracle: must be text that is known at preview, got {got}; "
        "give it as a plain value, not as another resource's output"
    )
