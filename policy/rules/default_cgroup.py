"""Every container is in the control group that Docker makes for it.

Under another parent its limits on memory and processors are counted with strangers, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule


def check_parent(container: Resource) -> Iterator[Problem]:
    """Refuse another parent."""
    parent = container.fields.text("cgroupParent")
    if parent:
        yield container.problem("cgroupParent", "must be absent", repr(parent), "remove it")


RULE = ResourceRule(
    id="CTR-016",
    name="default-cgroup",
    description="Containers stay in the control group that Docker makes for them.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 5.25", "KICS 4d9f44c6"),
    remediation="Remove `cgroupParent`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_parent,)},
)
