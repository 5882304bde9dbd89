"""Exceptions are few, exact, reasoned, answered for, limited in time, and needed.

What is wrong with the file is found when the pack starts; whether an exception is needed shows only after all
other rules, so this one comes behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.exceptions import FILE
from .support.problems import Problem
from .support.resources import Resource
from .support.rule import Placed, RunRule
from .support.run import Run


def check(run: Run, resources: Sequence[Resource]) -> Iterator[Placed]:  # noqa: ARG001 - the shape of a check
    """Refuse exceptions that are wrong, and those that nothing needs."""
    for problem in run.exceptions.problems:
        yield "", problem
    for rule, resource, stack in run.exceptions.unneeded():
        path = f"{FILE} {rule} {resource}"
        fix = f"take {stack} out of its stacks, or remove it"
        yield "", Problem(path, f"must be needed in the stack {stack}", "nothing to excuse", fix)


RULE = RunRule(
    id="POL-001",
    name="valid-exceptions",
    description="Exceptions are exact, reasoned, limited in time and needed.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Correct or remove the entry in `policy/exceptions.yaml`.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=check,
)
