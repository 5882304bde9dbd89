"""What `bench.peers` measured, as tables and held against its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bench.figures import ratio, spread, times
from bench.tables import Row, Sheet
from bench.timing import Subject


class Operation(StrEnum):
    """What is timed, in an order that ends where it began: with nothing deployed."""

    FIRST = "first deploy"
    AGAIN = "nothing changed"
    REFRESH = "nothing changed, hosts asked"
    EDIT = "one environment edit in every container"
    DESTROY = "destroy"


Pairs = Mapping[int, Sequence[Subject]]
"""Our subject and the peer's, by how many operations ran at a time."""


def sheets(pairs: Pairs, containers: int) -> tuple[Sheet, ...]:
    """Every table of a report."""
    header: Row = ("operation",)
    for parallel, (ours, theirs) in pairs.items():
        header += (f"{ours.name}, parallel {parallel}", f"{theirs.name}, parallel {parallel}", "ratio")
    rows = []
    for operation in Operation:
        row: Row = (operation,)
        for ours, theirs in pairs.values():
            row += (
                spread(ours.seconds[operation]),
                spread(theirs.seconds[operation]),
                times(ratio(ours.seconds, theirs.seconds, operation)),
            )
        rows.append(row)
    title = f"Seconds for {containers} containers that wait for their health, median (fastest–slowest)"
    return (
        Sheet(title, header, tuple(rows)),
        Sheet("Target", ("target", "measured", "met"), targets(pairs)),
    )


def targets(pairs: Pairs) -> tuple[Row, ...]:
    """A first deploy no slower than the peer's, for each parallelism."""
    rows: list[Row] = []
    for parallel, (ours, theirs) in pairs.items():
        multiple = ratio(ours.seconds, theirs.seconds, Operation.FIRST)
        met = multiple is not None and multiple <= 1
        text = f"first deploy no slower than {theirs.name}'s, parallel {parallel}"
        rows.append((text, times(multiple), "yes" if met else "no"))
    return tuple(rows)
