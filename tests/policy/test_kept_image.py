"""Images stay when their resource goes."""

from __future__ import annotations

import pytest

from policy.rules.kept_image import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


def test_an_image_that_is_kept_passes() -> None:
    assert RULE.judge(given.image(keepLocally=True)) == []


@pytest.mark.parametrize(("kept", "got"), [(False, "false"), (None, "none")])
def test_an_image_that_goes_is_refused(kept: bool | None, got: str) -> None:
    assert RULE.judge(given.image(keepLocally=kept)) == [
        f"oracle-redis-image.keepLocally on host 100.64.0.1: must be true, got {got}; set keepLocally"
    ]


@pytest.mark.parametrize("kept", [Marker.UNKNOWN, "true"])
def test_what_cannot_be_read_is_refused(kept: object) -> None:
    (line,) = RULE.judge(given.image(keepLocally=kept))
    assert "keepLocally on host 100.64.0.1: must be true or false that is known at preview" in line
