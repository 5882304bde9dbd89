"""The statements that benches make of their times."""

from __future__ import annotations

import pytest

from bench.figures import Verdict, fit, ratio, spread, times


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [((), ""), ((1.25,), "1.2"), ((3.0, 1.0, 2.0), "2.0 (1.0–3.0)"), ((1.0, 2.0), "1.5 (1.0–2.0)")],
)
def test_a_spread_is_shown_only_where_there_is_one(seconds: tuple[float, ...], shown: str) -> None:
    assert spread(seconds) == shown


def test_a_ratio_is_that_of_the_medians() -> None:
    found = ratio({"up": [2.0, 9.0, 3.0]}, {"up": [1.0, 2.0, 50.0]}, "up")

    assert found == pytest.approx(1.5)
    assert times(found) == "×1.50"


@pytest.mark.parametrize(("ours", "theirs"), [({}, {"up": [1.0]}), ({"up": [1.0]}, {}), ({"up": []}, {})])
def test_an_operation_that_one_side_lacks_has_no_ratio(
    ours: dict[str, list[float]], theirs: dict[str, list[float]]
) -> None:
    found = ratio(ours, theirs, "up")

    assert found is None
    assert times(found) == ""


def test_a_line_is_found_again() -> None:
    found = fit({size: [2.0 + 0.1 * size] for size in (10, 50, 100, 300)})

    assert found.base == pytest.approx(2.0)
    assert found.each == pytest.approx(0.1)
    assert found.first == pytest.approx(found.last)


@pytest.mark.parametrize(
    ("points", "verdict"),
    [
        ({10: [1.0], 50: [5.0], 300: [25.0]}, Verdict.YES),
        ({10: [1.0], 50: [5.0], 300: [90.0]}, Verdict.NO),
        ({10: [1.0, 1.0, 1.2], 50: [4.9, 5.0, 6.0], 300: [29.0, 32.0, 33.0]}, Verdict.UNCLEAR),
    ],
)
def test_only_growth_beyond_the_spread_counts_as_worse_than_linear(
    points: dict[int, list[float]], verdict: Verdict
) -> None:
    assert fit(points).linear is verdict


def test_quadratic_growth_is_noticed() -> None:
    found = fit({size: [1 + size**2 / 1000] for size in (10, 50, 100, 300)})

    assert found.linear is Verdict.NO


def test_two_sizes_have_no_growth() -> None:
    with pytest.raises(ValueError, match=r"at least three sizes, got \[10, 50\]"):
        fit({50: [2.0], 10: [1.0]})
