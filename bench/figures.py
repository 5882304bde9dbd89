"""From times to statements: medians, ratios within one session, and how a time grows with the size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median

Samples = Mapping[str, Sequence[float]]
"""Seconds of every run, by operation."""


def spread(seconds: Sequence[float]) -> str:
    """Median with the fastest and the slowest run, in seconds; one run alone has no spread."""
    if not seconds:
        return ""
    middle = f"{median(seconds):.1f}"
    return middle if len(seconds) == 1 else f"{middle} ({min(seconds):.1f}–{max(seconds):.1f})"


def ratio(ours: Samples, theirs: Samples, operation: str) -> float | None:
    """Our median as a multiple of theirs; None where one of the two does not know the operation."""
    if not ours.get(operation) or not theirs.get(operation):
        return None
    return median(ours[operation]) / median(theirs[operation])


def times(multiple: float | None) -> str:
    """A ratio as a cell of a table."""
    return "" if multiple is None else f"×{multiple:.2f}"


class Verdict(StrEnum):
    """Whether a time grows no worse than linearly."""

    YES = "yes"
    UNCLEAR = "within the spread"
    """The last slope is above the first, but by less than the runs differ among themselves."""

    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A time as `base + each · n`, and its slopes at both ends.

    Attributes:
        base: Seconds without any container.
        each: Seconds a container, over all sizes.
        first: Seconds a container between the two smallest sizes.
        last: The same between the two largest.
    """

    base: float
    each: float
    first: float
    last: float
    linear: Verdict


def fit(points: Mapping[int, Sequence[float]]) -> Growth:
    """Fit a line by least squares through the medians of each size, of which it takes at least three.

    Raises:
        ValueError: With fewer sizes there is no second slope to compare.
    """
    if len(points) < 3:
        raise ValueError(f"growth: must have at least three sizes, got {sorted(points)}")
    sizes = sorted(points)
    middle = {size: median(points[size]) for size in sizes}
    centre, level = fmean(sizes), fmean(middle.values())
    covariance = sum((size - centre) * (middle[size] - level) for size in sizes)
    each = covariance / sum((size - centre) ** 2 for size in sizes)
    (small, second), (before, large) = sizes[:2], sizes[-2:]
    first = (middle[second] - middle[small]) / (second - small)
    last = (middle[large] - middle[before]) / (large - before)
    steepest_first = (max(points[second]) - min(points[small])) / (second - small)
    flattest_last = (min(points[large]) - max(points[before])) / (large - before)
    if last <= first:
        linear = Verdict.YES
    else:
        linear = Verdict.UNCLEAR if flattest_last <= steepest_first else Verdict.NO
    return Growth(base=level - each * centre, each=each, first=first, last=last, linear=linear)
