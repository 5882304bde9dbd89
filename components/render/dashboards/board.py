"""A dashboard as a value: rows of charts, each with its expressions in Prometheus' language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WINDOW: Final = "5m"
"""Time over which rates are taken: long enough for a quiet swarm, and any chart may be zoomed in to it."""

COLUMNS: Final = 24
"""Width of a row in Grafana."""

_QUANTILES: Final = (0.5, 0.95, 0.99)


class Kind(StrEnum):
    """What a chart looks like."""

    LINES = "lines"
    FIGURE = "figure"
    """One large number for each series."""

    STATES = "states"
    """A bar for each series that says when it was 1, and when 0."""


class Unit(StrEnum):
    """What is measured, by Grafana's own names."""

    COUNT = "short"
    STATE = "bool_on_off"
    PART = "percentunit"
    SECONDS = "s"
    MILLISECONDS = "ms"
    BYTES = "bytes"
    BYTES_A_SECOND = "Bps"
    REQUESTS_A_SECOND = "reqps"
    TIMES_A_SECOND = "ops"
    TOKENS_A_SECOND = "suffix: tokens/s"
    DOLLARS = "currencyUSD"
    KILOWATT_HOURS = "kwatth"
    CELSIUS = "celsius"
    WATTS = "watt"
    HERTZ = "hertz"


class Colour(StrEnum):
    """How much a value worries."""

    GOOD = "green"
    WARNING = "orange"
    CRITICAL = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A colour from a value upwards."""

    value: float
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Where a value begins to worry; alerts and charts share the numbers."""

    lowest: Colour
    steps: tuple[Level, ...]


def worse_above(*, warning: float | None = None, critical: float | None = None) -> Levels:
    """Good below, worse from each of the values on."""
    steps = ((warning, Colour.WARNING), (critical, Colour.CRITICAL))
    return Levels(
        lowest=Colour.GOOD,
        steps=tuple(Level(value=value, colour=colour) for value, colour in steps if value is not None),
    )


def worse_below(*, warning: float, critical: float) -> Levels:
    """Good above, worse below each of the values."""
    steps = (
        Level(value=critical, colour=Colour.WARNING),
        Level(value=warning, colour=Colour.GOOD),
    )
    return Levels(lowest=Colour.CRITICAL, steps=steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Series of a chart."""

    expression: str
    legend: str
    """Grafana's `{{label}}` is that label's value."""


def query(expression: str, legend: str) -> Query:
    """One query, short where there are many."""
    return Query(expression=expression, legend=legend)


def quantiles(histogram: str) -> tuple[Query, ...]:
    """The half, the 95th and the 99th of a hundred, over all series of a histogram without its suffix."""
    return tuple(query(quantile(histogram, part), f"p{part * 100:g}") for part in _QUANTILES)


def quantile(histogram: str, part: float, by: str = "") -> str:
    """One quantile, for each value of the label `by`."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({part}, sum by ({labels}) (rate({histogram}_bucket[{WINDOW}])))"


def rate(counter: str, by: str = "") -> str:
    """How often a counter rises in a second, for each value of the labels `by`."""
    total = f"sum by ({by}) " if by else "sum"
    return f"{total}(rate({counter}[{WINDOW}]))"


def share(counter: str, of: str, by: str = "") -> str:
    """Which part of one counter's rises another has; nothing where nothing happened."""
    return f"{rate(counter, by)} / ({rate(of, by)} > 0)"


def found_of(hits: str, misses: str) -> str:
    """Which part of what was looked for was there; nothing where nothing was looked for."""
    found, missed = (f"({rate(counter)} or vector(0))" for counter in (hits, misses))
    return f"{found} / ({found} + {missed} > 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One panel."""

    title: str
    description: str
    """What it shows, and what to think where it is bad."""

    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    width: int = 12
    height: int = 8
    levels: Levels | None = None
    most: float | None = None
    """Upper end of the axis; the lower one is 0."""

    empty: str = "no data"
    """Said where there is no series."""


def figure(
    title: str,
    expression: str,
    *,
    description: str,
    unit: Unit,
    width: int = 4,
    levels: Levels | None = None,
    empty: str = "no data",
) -> Chart:
    """A panel with one large number."""
    return Chart(
        title=title,
        description=description,
        unit=unit,
        queries=(query(expression, title),),
        kind=Kind.FIGURE,
        width=width,
        height=5,
        levels=levels,
        empty=empty,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Charts about one thing, side by side and below each other."""

    title: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A page that answers one question."""

    name: str
    """In its address and in the name of its file; the same for ever."""

    title: str
    description: str
    rows: tuple[Row, ...]
