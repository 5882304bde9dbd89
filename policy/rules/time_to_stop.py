"""Who keeps data has the time to write it down before Docker kills the program.

Docker waits ten seconds by default. Two settings count: one for the machine's shutdown and whoever stops the
container by hand, the other for the engine. Advisory: too short a time costs a recovery at the next start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, SERVICE_LABEL, Resource
from .support.rule import Check, ResourceRule

SECONDS: Mapping[str, int] = {"postgres": 60, "redis": 30, "prometheus": 30, "vault": 30, "consul": 30}
"""At least, by service. A shutdown of PostgreSQL ends with a checkpoint of everything in its buffers."""


def _check_on(field: str) -> Check:
    def check_seconds(container: Resource) -> Iterator[Problem]:
        least = SECONDS.get(container.label(SERVICE_LABEL) or "")
        if least is None:
            return
        seconds = container.fields.number(field)
        if seconds is None or seconds < least:
            got = "none" if seconds is None else f"{seconds:g}"
            yield container.problem(field, f"must be at least {least} seconds", got, "raise it")

    return check_seconds


RULE = ResourceRule(
    id="DAT-006",
    name="time-to-stop",
    description="Services that keep data have the time to stop in order.",
    severity=Severity.LOW,
    frameworks=(),
    remediation="Raise `stopTimeout` and `destroyGraceSeconds`.",
    level=EnforcementLevel.ADVISORY,
    checks={CONTAINER: (_check_on("stopTimeout"), _check_on("destroyGraceSeconds"))},
)
