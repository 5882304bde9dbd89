"""The frame around each rule: it refuses whatever the rule could not judge.

Left to the SDK, an unknown value turns a mandatory rule into an advisory remark, and a crash aborts the run
without saying which rule on which resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from traceback import extract_tb
from typing import TypedDict

from pulumi_policy import (
    EnforcementLevel,
    PolicyComplianceFramework,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from .frameworks import compliance
from .problems import Problem, UnreadableError
from .resources import Resource, from_args
from .run import Run

Check = Callable[[Resource], Iterable[Problem]]
"""One condition on one resource. Small, so that a field which cannot be read hides few other problems."""

Placed = tuple[str, Problem]
"""A problem and the URN of the resource to show it at; an empty URN means the stack."""

StackCheck = Callable[[Sequence[Resource]], Iterable[Placed]]
RunCheck = Callable[[Run, Sequence[Resource]], Iterable[Placed]]


class _Metadata(TypedDict):
    name: str
    description: str
    enforcement_level: EnforcementLevel
    severity: Severity
    framework: PolicyComplianceFramework | None
    tags: list[str]
    remediation_steps: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule says of itself."""

    id: str
    """Never given to another rule, e.g. `CTR-004`; exceptions and documents name it."""

    name: str
    description: str
    severity: Severity
    frameworks: tuple[str, ...]
    """Ids of the same demand elsewhere, e.g. `CIS 5.3`; ids only, their texts belong to others."""

    remediation: str
    level: EnforcementLevel
    excusable: bool = True
    """Whether an exception may be granted."""

    def metadata(self) -> _Metadata:
        """The same as the SDK wants it."""
        return {
            "name": self.name,
            "description": self.description,
            "enforcement_level": self.level,
            "severity": self.severity,
            "framework": compliance(self.frameworks),
            "tags": [self.id, *self.frameworks],
            "remediation_steps": self.remediation,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(Rule):
    """A rule on single resources, judged on their inputs before anything is changed."""

    checks: Mapping[str, tuple[Check, ...]]
    """By resource type; other types are reported as not applicable."""

    everywhere: tuple[Check, ...] = ()
    """Checks on resources of every type."""

    def judges(self, kind: str) -> bool:
        """Whether the rule says anything about resources of a type."""
        return kind in self.checks or bool(self.everywhere)

    def problems(self, resource: Resource) -> list[Problem]:
        """Every violation of one resource."""
        checks = (*self.checks.get(resource.type, ()), *self.everywhere)
        return [problem for check in checks for problem in guarded(check, resource)]

    def judge(self, resource: Resource) -> list[str]:
        """The same as shown."""
        return [str(problem) for problem in self.problems(resource)]

    def policy(self, run: Run) -> ResourceValidationPolicy:
        """The rule as the SDK wants it."""

        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if not self.judges(args.resource_type):
                args.not_applicable(f"{args.resource_type} is not judged by this rule")
            try:
                problems = self.problems(from_args(args))
            except Exception as error:  # noqa: BLE001  a resource that cannot be judged must be refused
                problems = [crash(args.name, error)]
            placed = [(args.urn, problem) for problem in problems]
            if excused := _sifted(run, self.id, [args.urn], placed, report=report):
                args.not_applicable(excused)

        return ResourceValidationPolicy(**self.metadata(), validate=validate)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(Rule):
    """A rule on how resources fit together, judged at the end of a preview.

    In `pulumi up` the engine asks stack rules only after everything was changed: the preview is the gate.
    """

    check: StackCheck

    def policy(self, run: Run) -> StackValidationPolicy:
        """The rule as the SDK wants it."""
        return _stack_policy(self, run, self.check)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRule(Rule):
    """A rule on the pack's own work, judged after all others."""

    check: RunCheck

    def policy(self, run: Run) -> StackValidationPolicy:
        """The rule as the SDK wants it."""
        return _stack_policy(self, run, partial(self.check, run))


def _stack_policy(rule: Rule, run: Run, check: StackCheck) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        judged = [resource.urn for resource in args.resources]
        found = _judged(check, args.resources)
        if excused := _sifted(run, rule.id, judged, found, report=report):
            args.not_applicable(excused)

    return StackValidationPolicy(**rule.metadata(), validate=validate)


def _judged(check: StackCheck, resources: Sequence[PolicyResource]) -> list[Placed]:
    try:
        # Several checks may meet the same unreadable field.
        return list(dict.fromkeys(check([from_args(resource) for resource in resources])))
    except UnreadableError as error:
        return [("", unreadable(error))]
    except Exception as error:  # noqa: BLE001  a stack that cannot be judged must be refused
        return [("", crash("stack", error))]


def _sifted(
    run: Run, rule: str, judged: Iterable[str], found: Iterable[Placed], *, report: ReportViolation
) -> str:
    """Report what no exception excuses; where nothing is left, tell what was excused and why."""
    verdict = run.exceptions.sift(rule, judged, found)
    for urn, problem in verdict.problems:
        report(str(problem), urn or None)
    return "" if verdict.problems else "; ".join(verdict.excused)


def guarded(check: Check, resource: Resource) -> Iterator[Problem]:
    """What a check finds, with a problem in place of anything that keeps it from finding out."""
    try:
        yield from check(resource)
    except UnreadableError as error:
        problem = resource.problem(error.field, error.expected, error.got, error.fix)
        yield replace(problem, excusable=False)
    except Exception as error:  # noqa: BLE001  a crash must refuse the resource, not let it pass
        yield crash(resource.name, error)


def crash(subject: str, error: Exception) -> Problem:
    """A problem of the pack itself. The error's text is left out: it may quote a secret property."""
    frame = extract_tb(error.__traceback__)[-1]
    got = f"{type(error).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"
    fix = "mend the rule in policy/rules"
    return Problem(subject, "must be something that the rule can judge", got, fix, excusable=False)


def unreadable(error: UnreadableError) -> Problem:
    """A value that a rule on the stack needs and cannot have."""
    return Problem(error.field, error.expected, error.got, error.fix, excusable=False)
