"""How much memory a container may take."""

from __future__ import annotations

import pytest

from policy.rules.memory_limit import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

PLACE = " on node oracle: must be "


def test_a_limit_of_memory_and_swap_alike_passes() -> None:
    assert RULE.judge(given.container(memory=256.0, memorySwap=256.0)) == []


@pytest.mark.parametrize(("memory", "got"), [(None, "none"), (0.0, "0"), (-1.0, "-1")])
def test_no_limit_is_refused_once(memory: float | None, got: str) -> None:
    assert RULE.judge(given.container(memory=memory)) == [
        f"oracle-redis.memory{PLACE}a limit in MiB, got {got}; measure what the program needs"
    ]


@pytest.mark.parametrize(("swap", "got"), [(None, "none"), (0.0, "0"), (-1.0, "-1"), (1024.0, "1024")])
def test_memory_that_may_be_swapped_is_refused(swap: float | None, got: str) -> None:
    assert RULE.judge(given.container(memorySwap=swap)) == [
        f"oracle-redis.memorySwap{PLACE}512 like memory, got {got}; set both alike"
    ]


@pytest.mark.parametrize("field", ["memory", "memorySwap"])
@pytest.mark.parametrize(("value", "got"), [(Marker.UNKNOWN, "a value that is"), ("512m", "text")])
def test_what_cannot_be_read_is_refused(field: str, value: object, got: str) -> None:
    lines = RULE.judge(given.container(**{field: value}))
    assert lines[0].startswith(f"oracle-redis.{field}{PLACE}a number that is known at preview, got {got}")
