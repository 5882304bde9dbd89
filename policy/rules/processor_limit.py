"""Containers say how much of their node's processors they may take.

Unlimited, one busy program makes every other on the node late, health checks among them. Shares count only
while processors are scarce, which is when it matters. Advisory.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule


def check_processors(container: Resource) -> Iterator[Problem]:
    """Demand `cpus` or `cpuShares`; 0 means that there is no limit."""
    cpus, shares = container.fields.text("cpus"), container.fields.number("cpuShares")
    if not (cpus and cpus.strip("0.")) and not (shares and shares > 0):
        got = "none" if not cpus and not shares else "0"
        yield container.problem("cpus", "must limit processors", got, "set cpus, or cpuShares")


RULE = ResourceRule(
    id="CAP-003",
    name="processor-limit",
    description="Containers say how much of their node's processors they may take.",
    severity=Severity.LOW,
    frameworks=("CIS 5.12", "KICS 6b610c50"),
    remediation="Set `cpus`, or `cpuShares`.",
    level=EnforcementLevel.ADVISORY,
    checks={CONTAINER: (check_processors,)},
)
