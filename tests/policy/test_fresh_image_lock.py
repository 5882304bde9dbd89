"""What an operator is reminded of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policy.rules.fresh_image_lock import RULE, judge
from policy.rules.support.fields import Marker
from policy.rules.support.lock import Locks
from tests.policy import given, locks

LOCK_IT = "; ./swarm images lock, on a machine that reaches the registries"
OLD = f"image lock: must be asked for again within 90 days, got older answers for {locks.TAGGED}{LOCK_IT}"


def found(known: Locks, day: date = locks.DAY) -> list[str]:
    return [str(problem) for _, problem in judge([given.container(), given.image()], known, day)]


def test_a_lock_that_was_proven_lately_passes(tmp_path: Path) -> None:
    assert found(Locks(locks.write(tmp_path)), date(2027, 2, 18)) == []


def test_an_old_answer_and_one_without_a_day_are_remarked(tmp_path: Path) -> None:
    assert found(Locks(locks.write(tmp_path)), date(2027, 2, 19)) == [OLD]
    assert found(locks.proven(tmp_path, locks.TAGGED, locks.DIGEST, locks.REGISTRY)) == [OLD]


def test_claims_are_counted_with_the_days_that_are_left(tmp_path: Path) -> None:
    assert found(locks.claimed(tmp_path, "linux/arm64")) == [
        (
            "image lock: must prove every image by its documents, "
            f"got 1 of 1 images only claimed, 38 days left{LOCK_IT}"
        )
    ]


def test_what_is_in_no_lock_or_cannot_be_read_is_left_to_the_rule_on_that(tmp_path: Path) -> None:
    nothing = Locks(tmp_path / "none.json")
    assert found(nothing) == []
    assert list(judge([given.image(name=Marker.UNKNOWN)], nothing, locks.DAY)) == []


@pytest.mark.parametrize("resources", [(), (given.container(),)])
def test_without_images_there_is_nothing_to_say(resources: tuple[object, ...]) -> None:
    assert list(RULE.check(resources)) == []  # type: ignore[arg-type]  # any resources
