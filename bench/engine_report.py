"""What `bench.engine` measured, as tables, as JSON, and held against its targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bench.figures import Growth, Samples, Verdict, fit, ratio, spread, times
from bench.tables import Row, Sheet

MOST_TIMES_EMPTY = 1.5
"""Target: a second `up` of the lab stack costs at most this much of an empty program's."""


class Operation(StrEnum):
    """What is timed, in an order that ends where it began: with nothing deployed."""

    PREVIEW_NEW = "preview, all new"
    FIRST_UP = "first up"
    UP_AGAIN = "second up"
    UP_AGAIN_PREVIEWED = "second up after its preview"
    PREVIEW = "preview, no change"
    PREVIEW_REFRESH = "preview --refresh, no change"
    EDIT = "up after one edit"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A program and the empty one, timed in the same rounds.

    Attributes:
        containers: None for the lab's stack, whose containers do not resemble each other.
    """

    name: str
    containers: int | None
    seconds: Samples
    empty: Samples


def sheets(found: Sequence[Comparison]) -> tuple[Sheet, ...]:
    """Every table of a report."""
    header = ("operation", *(item.name for item in found))
    empty: dict[str, list[float]] = {
        operation: [second for item in found for second in item.empty.get(operation, ())]
        for operation in Operation
    }
    rows = tuple(
        (operation, spread(empty[operation]), *(spread(item.seconds.get(operation, ())) for item in found))
        for operation in Operation
    )
    multiples = tuple(
        (operation, *(times(ratio(item.seconds, item.empty, operation)) for item in found))
        for operation in Operation
        if operation is not Operation.EDIT
    )
    return (
        Sheet("Seconds, median (fastest–slowest)", ("operation", "empty program", *header[1:]), rows),
        Sheet("Multiple of the empty program in the same rounds", header, multiples),
        *_growth_sheet(found),
        *_target_sheet(found),
    )


def growth(found: Sequence[Comparison]) -> dict[Operation, Growth]:
    """How each operation's time grows; nothing for fewer than three sizes."""
    sized = {item.containers: item.seconds for item in found if item.containers is not None}
    if len(sized) < 3:
        return {}
    return {
        operation: fit({size: seconds[operation] for size, seconds in sized.items()})
        for operation in Operation
    }


def targets(found: Sequence[Comparison]) -> tuple[Row, ...]:
    """Each target with what was measured for it."""
    rows: list[Row] = []
    for item in found:
        multiple = ratio(item.seconds, item.empty, Operation.UP_AGAIN)
        if item.containers is None and multiple is not None:
            met = _met(multiple <= MOST_TIMES_EMPTY)
            rows.append((f"second up of the lab stack at most ×{MOST_TIMES_EMPTY}", times(multiple), met))
    grown = growth(found)
    if grown:
        worse = [operation for operation, line in grown.items() if line.linear is Verdict.NO]
        measured = f"worse: {', '.join(worse)}" if worse else f"{len(grown)} operations"
        rows.append(("no operation grows worse than linearly", measured, _met(not worse)))
    return tuple(rows)


def data(found: Sequence[Comparison], about: str) -> dict[str, Any]:
    """Every single time, for other programs."""
    return {
        "machine": about,
        "comparisons": [
            {
                "name": item.name,
                "containers": item.containers,
                "seconds": dict(item.seconds),
                "empty": dict(item.empty),
            }
            for item in found
        ],
        "targets": [dict(zip(("target", "measured", "met"), row, strict=True)) for row in targets(found)],
    }


def _growth_sheet(found: Sequence[Comparison]) -> tuple[Sheet, ...]:
    grown = growth(found)
    if not grown:
        return ()
    header = ("operation", "seconds without any", "ms a container", "first slope", "last slope", "linear")
    rows = tuple(
        (
            operation,
            f"{line.base:.1f}",
            *(f"{1000 * slope:.0f}" for slope in (line.each, line.first, line.last)),
            line.linear,
        )
        for operation, line in grown.items()
    )
    return (
        Sheet(
            "Growth: the fitted line, and its slope between the two smallest and the two largest sizes",
            header,
            rows,
        ),
    )


def _target_sheet(found: Sequence[Comparison]) -> tuple[Sheet, ...]:
    rows = targets(found)
    return (Sheet("Targets", ("target", "measured", "met"), rows),) if rows else ()


def _met(holds: bool) -> str:
    return "yes" if holds else "no"
