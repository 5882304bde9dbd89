"""The frame around each rule: it refuses whatever the rule could not judge.

Left to the SDK, an unknown value turns a mandatory rule into an advisory remark, and a crash aborts the run
without saying which rule on which resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from traceback import extract_tb

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from .problems import Problem, UnreadableError
from .resources import Resource, from_args

Check = Callable[[Resource], Iterable[Problem]]
"""One condition on one resource. Small, so that a field which cannot be read hides few other problems."""

Placed = tuple[str, Problem]
"""A problem and the URN of the resource to show it at; an empty URN means the stack."""

StackCheck = Callable[[Sequence[Resource]], Iterable[Placed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule:
    """A rule on single resources, judged on their inputs before anything is changed."""

    id: str
    """Never given to another rule, e.g. `CTR-004`; exceptions and documents name it."""

    name: str
    description: str
    severity: Severity
    frameworks: tuple[str, ...]
    """Ids of the same demand elsewhere, e.g. `CIS 5.3`; ids only, their texts belong to others."""

    remediation: str
    level: EnforcementLevel
    checks: Mapping[str, tuple[Check, ...]]
    """By resource type; other types are reported as not applicable."""

    everywhere: tuple[Check, ...] = ()
    """Checks on resources of every type."""

    def judges(self, kind: str) -> bool:
        """Whether the rule says anything about resources of a type."""
        return kind in self.checks or bool(self.everywhere)

    def judge(self, resource: Resource) -> list[str]:
        """Every violation of one resource, as shown."""
        checks = (*self.checks.get(resource.type, ()), *self.everywhere)
        found = (problem for check in checks for problem in guarded(check, resource))
        return [str(problem) for problem in found]

    def policy(self) -> ResourceValidationPolicy:
        """The rule as the SDK wants it."""
        return ResourceValidationPolicy(
            name=self.name,
            description=self.description,
            enforcement_level=self.level,
            severity=self.severity,
            tags=[self.id, *self.frameworks],
            remediation_steps=self.remediation,
            validate=self._validate,
        )

    def _validate(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not self.judges(args.resource_type):
            args.not_applicable(f"{args.resource_type} is not judged by this rule")
        try:
            messages = self.judge(from_args(args))
        except Exception as error:  # noqa: BLE001  a resource that cannot be judged must be refused
            messages = [str(crash(args.name, error))]
        for message in messages:
            report(message, args.urn)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule:
    """A rule on how resources fit together, judged at the end of a preview.

    In `pulumi up` the engine asks stack rules only after everything was changed: the preview is the gate.
    """

    id: str
    """Never given to another rule, e.g. `CTR-004`; exceptions and documents name it."""

    name: str
    description: str
    severity: Severity
    frameworks: tuple[str, ...]
    """Ids of the same demand elsewhere, e.g. `CIS 5.3`; ids only, their texts belong to others."""

    remediation: str
    level: EnforcementLevel
    check: StackCheck

    def policy(self) -> StackValidationPolicy:
        """The rule as the SDK wants it."""
        return StackValidationPolicy(
            name=self.name,
            description=self.description,
            enforcement_level=self.level,
            severity=self.severity,
            tags=[self.id, *self.frameworks],
            remediation_steps=self.remediation,
            validate=self._validate,
        )

    def _validate(self, args: StackValidationArgs, report: ReportViolation) -> None:
        for urn, problem in self._judge(args.resources):
            report(str(problem), urn or None)

    def _judge(self, resources: Sequence[PolicyResource]) -> list[Placed]:
        try:
            # Several checks may meet the same unreadable field.
            return list(dict.fromkeys(self.check([from_args(resource) for resource in resources])))
        except UnreadableError as error:
            return [("", Problem(error.field, error.expected, error.got, error.fix))]
        except Exception as error:  # noqa: BLE001  a stack that cannot be judged must be refused
            return [("", crash("stack", error))]


def guarded(check: Check, resource: Resource) -> Iterator[Problem]:
    """What a check finds, with a problem in place of anything that keeps it from finding out."""
    try:
        yield from check(resource)
    except UnreadableError as error:
        yield resource.problem(error.field, error.expected, error.got, error.fix)
    except Exception as error:  # noqa: BLE001  a crash must refuse the resource, not let it pass
        yield crash(resource.name, error)


def crash(subject: str, error: Exception) -> Problem:
    """A problem of the pack itself. The error's text is left out: it may quote a secret property."""
    frame = extract_tb(error.__traceback__)[-1]
    got = f"{type(error).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"
    return Problem(subject, "must be something that the rule can judge", got, "mend the rule in policy/rules")
