"""Containers come back after a failure and after a reboot of their machine.

CIS asks for at most five attempts. A service of the swarm must outlive a night without an operator, so it
may try for ever; what limits the damage is the delay, which Docker doubles from attempt to attempt, up to a
minute.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

FOR_EVER = frozenset({"always", "unless-stopped"})
MOST_ATTEMPTS = 5


def check_restart(container: Resource) -> Iterator[Problem]:
    """Demand a policy under which the container comes back."""
    policy = container.fields.text("restart")
    if policy in FOR_EVER:
        return
    if policy != "on-failure":
        got = repr(policy) if policy else "none"
        expected = "must be unless-stopped, always or on-failure"
        yield container.problem("restart", expected, got, "set unless-stopped")
        return
    attempts = container.fields.number("maxRetryCount") or 0
    if not 1 <= attempts <= MOST_ATTEMPTS:
        expected = f"must be 1 to {MOST_ATTEMPTS} with on-failure"
        got = f"{attempts:g}" if attempts else "none, which is for ever"
        yield container.problem("maxRetryCount", expected, got, "set it")


RULE = ResourceRule(
    id="OPS-002",
    name="restart-after-failure",
    description="Containers come back after a failure and after a reboot.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 5.15", "KICS 2fc99041", "OWASP 7"),
    remediation="Set `restart` to `unless-stopped`, or to `on-failure` with at most five attempts.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_restart,)},
)
