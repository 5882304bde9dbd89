"""The pack judges whole and as it is written.

The engine can be told to leave rules out or to hand them settings (`--policy-pack-config`), and it accepts
settings that no rule knows without a word. Here every rule has to be asked about every resource, and none
takes settings: exceptions are the one way to depart. This cannot see that a level was lowered, because
the SDK does not tell a rule at which level it is asked, nor that this rule itself was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import Resource
from .support.rule import Placed, RunRule
from .support.run import Run

_FIX = "preview without --policy-pack-config"


def check(run: Run, resources: Sequence[Resource]) -> Iterator[Placed]:  # noqa: ARG001 - the shape of a check
    """Refuse a run in which rules were left out or changed."""
    for rule in run.unasked():
        yield "", Problem(f"policy {rule}", "must be asked about every resource", "a run without it", _FIX)
    for rule in run.configured:
        yield "", Problem(f"policy {rule}", "must have no settings", "some", _FIX)


RULE = RunRule(
    id="POL-005",
    name="whole-pack",
    description="Every rule is asked about every resource, without settings of its own.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Leave out `--policy-pack-config`; an exception is the way to depart from a rule.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=check,
)
