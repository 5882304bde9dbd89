"""The pack judges whole and as it is written.

The engine can be told to leave rules out, to lower their level or to hand them settings
(`--policy-pack-config`), and it accepts settings that no rule knows without a word. Exceptions are the one
way to depart here: the pack keeps to its rules all the same, and says what was tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import Resource
from .support.rule import Placed, RunRule
from .support.run import Run


def check(run: Run, resources: Sequence[Resource]) -> Iterator[Placed]:  # noqa: ARG001 - the shape of a check
    """Refuse a run in which rules were to be left out or changed."""
    for name, expected in run.departures.items():
        yield (
            "",
            Problem(f"policy {name}", expected, "something else", "preview without --policy-pack-config"),
        )


RULE = RunRule(
    id="POL-005",
    name="whole-pack",
    description="No rule is switched off, lowered or given settings from outside.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Leave out `--policy-pack-config`; an exception is the way to depart from a rule.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=check,
)
