"""No rule fails while it judges.

Left to the SDK, a fault in a rule ends the run without a word on which rule and which resource. The frame
catches it: the rule refuses what it could not judge, and names this rule in its message. For an advisory
rule, whose word would not count, this rule refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import CRASHED
from .support.resources import Resource
from .support.rule import Placed, RunRule
from .support.run import Run


def check(run: Run, resources: Sequence[Resource]) -> Iterator[Placed]:  # noqa: ARG001 - the shape of a check
    """Refuse what made advisory rules fail."""
    for rule, urn, problem in run.unjudged:
        if problem.unjudged == CRASHED:
            yield urn, replace(problem, path=f"{rule} {problem.path}")


RULE = RunRule(
    id=CRASHED,
    name="no-crashed-rule",
    description="No rule fails while it judges.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Mend the rule; the message names its file and line.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=check,
)
