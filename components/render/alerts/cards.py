"""Alerts about the graphics cards: heat, and cards that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.render.alerts.rule import Rule, Severity

WARM_CELSIUS: Final = 83
"""Where a GeForce card begins to slow itself down."""

HOT_CELSIUS: Final = 88
"""Five degrees above its own target: its cooling does not keep up."""

_HOTTEST: Final = "max by (node, job, uuid) (nvidia_smi_temperature_gpu)"


def rules(*, monitors: Sequence[str]) -> Iterator[Rule]:
    """The alerts; `monitors` are the jobs that watch a card."""
    for name, celsius, lasts, severity in (
        ("CardWarm", WARM_CELSIUS, "2m", Severity.WARNING),
        ("CardHot", HOT_CELSIUS, "30s", Severity.CRITICAL),
    ):
        yield Rule(
            name=name,
            expression=f"{_HOTTEST} >= {celsius}",
            lasts=lasts,
            severity=severity,
            summary="the card of {{ $labels.node }} is at {{ $value }} °C",
            fix="look at its fans and its power cap: nvidia-smi -q -d POWER,TEMPERATURE",
            topic="heat",
        )
    yield Rule(
        name="CardSlowedByHardware",
        expression="max by (node, job, uuid) (nvidia_smi_clocks_event_reasons_hw_thermal_slowdown) == 1",
        lasts="30s",
        severity=Severity.CRITICAL,
        summary="the card of {{ $labels.node }} halves its clocks because it is too hot",
        fix="look at its fans and its power cap: nvidia-smi -q -d POWER,TEMPERATURE",
    )
    if monitors:
        yield Rule(
            name="CardLost",
            expression=f'nvidia_smi_last_collect_success == 0 or up{{job=~"{"|".join(monitors)}"}} == 0',
            lasts="1m",
            severity=Severity.CRITICAL,
            summary="the card of {{ $labels.node }} does not answer: nobody knows how hot it is",
            fix="nvidia-smi on the machine; restart {{ $labels.job }} where only its container lost it",
        )
