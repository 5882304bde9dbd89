"""Tables and targets of `bench.engine`, from times."""

from __future__ import annotations

import pytest

from bench.engine_report import Comparison, Operation, data, sheets, targets


def sized(containers: int, each: float) -> Comparison:
    """Times that grow by `each` seconds a container."""
    seconds: dict[str, list[float]] = {operation: [1.0 + each * containers] for operation in Operation}
    empty: dict[str, list[float]] = {item: [1.0] for item in Operation if item is not Operation.EDIT}
    return Comparison(name=f"{containers} containers", containers=containers, seconds=seconds, empty=empty)


def lab(second_up: float) -> Comparison:
    """The lab's stack with a second `up` of this many seconds, where the empty program takes two."""
    return Comparison(
        name="lab stack", containers=None,
        seconds={Operation.UP_AGAIN: [second_up]}, empty={Operation.UP_AGAIN: [2.0]},
    )  # fmt: skip


@pytest.mark.parametrize(("second_up", "met"), [(3.0, "yes"), (3.1, "no")])
def test_the_lab_stack_is_held_against_the_empty_program(second_up: float, met: str) -> None:
    (row,) = targets([lab(second_up)])

    assert row == ("second up of the lab stack at most ×1.5", f"×{second_up / 2:.2f}", met)


def test_linear_growth_meets_the_target() -> None:
    (row,) = targets([sized(size, 0.5) for size in (10, 50, 100)])

    assert row[1:] == ("8 operations", "yes")


def test_growth_that_is_worse_is_named() -> None:
    found = [sized(10, 0.1), sized(50, 0.1), sized(100, 0.1)]
    found[2] = Comparison(
        name=found[2].name, containers=100, empty=found[2].empty,
        seconds={**found[2].seconds, Operation.FIRST_UP: [80.0]},
    )  # fmt: skip

    (row,) = targets(found)

    assert row[1:] == ("worse: first up", "no")


def test_every_table_is_complete() -> None:
    found = [sized(size, 0.5) for size in (10, 50, 100)] + [lab(3.0)]

    seconds, multiples, growth, target = sheets(found)

    assert seconds.header == ("operation", "empty program", *(item.name for item in found))
    assert seconds.rows[1] == ("first up", "1.0 (1.0–1.0)", "6.0", "26.0", "51.0", "")
    assert ("second up", "×6.00", "×26.00", "×51.00", "×1.50") in multiples.rows
    assert Operation.EDIT not in [row[0] for row in multiples.rows]
    assert growth.rows[1] == ("first up", "1.0", "500", "500", "500", "yes")
    assert len(target.rows) == 2
    for sheet in (seconds, multiples, growth, target):
        assert {len(row) for row in sheet.rows} == {len(sheet.header)}


def test_two_sizes_have_neither_growth_nor_a_target() -> None:
    found = [sized(10, 0.5), sized(50, 0.5)]

    assert len(sheets(found)) == 2
    assert targets(found) == ()


def test_programs_get_every_single_time() -> None:
    found = data([lab(3.0)], "today")

    assert found["machine"] == "today"
    assert found["comparisons"][0]["seconds"] == {"second up": [3.0]}
    assert found["targets"][0]["met"] == "yes"
