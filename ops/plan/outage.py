"""How long a service is away while its container is replaced, at the most that its spec allows.

Nothing here is measured. A service that stops and starts as fast as most do is away for seconds of it; one
that takes longer is killed, or fails the deployment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from components.model.specs import ServiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Bounds of one replacement. The image is pulled before the old container stops, so it costs nothing."""

    service: str
    stop_seconds: int
    """From the stop signal until the engine kills it."""

    start_seconds: int
    """From the start until it must be healthy."""


def outages(specs: Iterable[ServiceSpec]) -> tuple[Outage, ...]:
    """The bounds of every service, in the order of the specs."""
    return tuple(
        Outage(
            service=spec.full_name,
            stop_seconds=spec.stop_grace_seconds,
            start_seconds=spec.start_timeout_seconds,
        )
        for spec in specs
    )
