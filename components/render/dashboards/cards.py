"""Are the graphics cards busy, cool and fast?"""

from __future__ import annotations

from typing import Final

from components.render.alerts.cards import HOT_CELSIUS, WARM_CELSIUS
from components.render.dashboards.board import (
    Chart,
    Dashboard,
    Kind,
    Query,
    Row,
    Unit,
    query,
    worse_above,
)

_REASONS: Final = {
    "clocks_event_reasons_sw_power_cap": "at its power limit",
    "clocks_event_reasons_sw_thermal_slowdown": "slowed down by its driver",
    "clocks_event_reasons_hw_thermal_slowdown": "slowed down by its hardware",
}
"""Why a card's clock is lower than it could be, in the order in which it gets serious."""


def page() -> Dashboard:
    """Everything that the monitors of both cards say."""
    return Dashboard(
        name="swarm-cards",
        title="Graphics cards",
        description="Load, memory, temperature, power and clocks of the cards.",
        rows=(
            Row(title="Work", charts=_work()),
            Row(title="Heat", charts=_heat()),
            Row(title="Speed", charts=_speed()),
        ),
    )


def _of(series: str, says: str = "") -> Query:
    return query(f"max by (node) (nvidia_smi_{series})", f"{{{{node}}}} {says}".strip())


def _work() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Utilisation",
            description="Part of the time in which the card computed anything at all: 100 % says nothing "
            "about how much.",
            unit=Unit.PART,
            queries=(_of("utilization_gpu_ratio"),),
            width=8,
            most=1,
        ),
        Chart(
            title="Memory",
            description="An engine takes its share at its start and keeps it, so this hardly moves.",
            unit=Unit.BYTES,
            queries=(_of("memory_used_bytes", "used"), _of("memory_total_bytes", "has")),
            width=8,
        ),
        Chart(
            title="Card answers",
            description="Whether the last question to the driver was answered. A lost card comes back with "
            "its container or its machine started anew.",
            unit=Unit.STATE,
            queries=(query("min by (node) (nvidia_smi_last_collect_success)", "{{node}}"),),
            kind=Kind.STATES,
            width=8,
        ),
    )


def _heat() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Temperature",
            description="Above the first line a card slows itself down, above the second its cooling fails.",
            unit=Unit.CELSIUS,
            queries=(_of("temperature_gpu"),),
            width=8,
            levels=worse_above(warning=WARM_CELSIUS, critical=HOT_CELSIUS),
        ),
        Chart(
            title="Power",
            description="What the card draws, and what it is allowed to: the limit is set on its machine.",
            unit=Unit.WATTS,
            queries=(_of("power_draw_watts", "draws"), _of("power_limit_watts", "may draw")),
            width=8,
        ),
        Chart(
            title="Fan",
            description="Part of its highest speed. At 100 % and still hot: dust, or warm air around it.",
            unit=Unit.PART,
            queries=(_of("fan_speed_ratio"),),
            width=8,
            most=1,
        ),
    )


def _speed() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Clock",
            description="Of the processors, and the highest that the card knows.",
            unit=Unit.HERTZ,
            queries=(_of("clocks_current_sm_clock_hz"), _of("clocks_max_sm_clock_hz", "at most")),
            width=8,
        ),
        Chart(
            title="Clock of the memory",
            description="The pace of words follows this one: weights are read anew for each of them.",
            unit=Unit.HERTZ,
            queries=(_of("clocks_current_memory_clock_hz"),),
            width=8,
        ),
        Chart(
            title="Slowed down",
            description="At its power limit a card is merely thrifty; slowed down by its hardware it is "
            "too hot.",
            unit=Unit.COUNT,
            queries=tuple(_of(series, says) for series, says in _REASONS.items()),
            width=8,
            most=1,
        ),
    )
