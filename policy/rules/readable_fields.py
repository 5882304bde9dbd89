"""What a rule needs to read is known at preview, and of the right kind.

A value that exists only after the update cannot be judged before it. The rule that needs it refuses the
resource by itself and names this rule in its message. An advisory rule would only remark on it, although
nobody knows what the value hides: for those, this rule refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import UNREADABLE
from .support.resources import Resource
from .support.rule import Placed, RunRule
from .support.run import Run


def check(run: Run, resources: Sequence[Resource]) -> Iterator[Placed]:  # noqa: ARG001 - the shape of a check
    """Refuse what advisory rules could not read."""
    for rule, urn, problem in run.unjudged:
        if problem.unjudged == UNREADABLE:
            yield urn, replace(problem, path=f"{rule} {problem.path}")


RULE = RunRule(
    id=UNREADABLE,
    name="readable-fields",
    description="What a rule needs to read is known at preview.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Give the field as a plain value instead of as another resource's output.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=check,
)
