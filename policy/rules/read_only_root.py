"""Containers cannot change their own files.

What a program must write goes into a volume or a tmpfs. Docker's own default is a writable root, so absent is
refused. Advisory, because some programs write beside themselves and cannot be told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule


def check_read_only(container: Resource) -> Iterator[Problem]:
    """Demand `readOnly`."""
    if not container.fields.flag("readOnly"):
        got = "none" if container.fields.flag("readOnly") is None else "false"
        fix = "mount a tmpfs or a volume where the program writes"
        yield container.problem("readOnly", "must be true", got, fix)


RULE = ResourceRule(
    id="CTR-008",
    name="read-only-root",
    description="Containers run on a read-only root.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 5.13", "NSA 1.1", "OWASP 8"),
    remediation="Set `readOnly`, and mount a tmpfs or a volume where the program writes.",
    level=EnforcementLevel.ADVISORY,
    checks={CONTAINER: (check_read_only,)},
)
