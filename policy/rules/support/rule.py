"""The frame around each rule: it refuses whatever the rule could not judge.

Left to the SDK, an unknown value turns a mandatory rule into an advisory remark, and a crash aborts the run
without saying which rule on which resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from traceback import extract_tb

from pulumi_policy import EnforcementLevel, Severity

from .problems import CRASHED, UNREADABLE, Problem, UnreadableError
from .resources import Resource
from .run import Run

Check = Callable[[Resource], Iterable[Problem]]
"""One condition on one resource. Small, so that a field which cannot be read hides few other problems."""

Placed = tuple[str, Problem]
"""A problem and the URN of the resource to show it at; an empty URN means the stack."""

StackCheck = Callable[[Sequence[Resource]], Iterable[Placed]]
RunCheck = Callable[[Run, Sequence[Resource]], Iterable[Placed]]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(Rule):
    """A rule on how resources fit together, judged at the end of a preview.

    In `pulumi up` the engine asks stack rules only after everything was changed: the preview is the gate.
    """

    check: StackCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRule(Rule):
    """A rule on the pack's own work, judged after all others."""

    check: RunCheck


AnyRule = ResourceRule | StackRule | RunRule


def guarded(check: Check, resource: Resource) -> Iterator[Problem]:
    """What a check finds, with a problem in place of anything that keeps it from finding out."""
    try:
        yield from check(resource)
    except UnreadableError as error:
        problem = resource.problem(error.field, error.expected, error.got, error.fix)
        yield replace(problem, unjudged=UNREADABLE)
    except Exception as error:  # noqa: BLE001  a crash must refuse the resource, not let it pass
        yield crash(resource.name, error)


def crash(subject: str, error: Exception) -> Problem:
    """A problem of the pack itself. The error's text is left out: it may quote a secret property."""
    frame = extract_tb(error.__traceback__)[-1]
    got = f"{type(error).__name__} at {PurePath(frame.filename).name}:{frame.lineno}"
    fix = "mend the rule in policy/rules"
    return Problem(subject, "must be something that the rule can judge", got, fix, unjudged=CRASHED)


def unreadable(error: UnreadableError) -> Problem:
    """A value that a rule on the stack needs and cannot have."""
    return Problem(error.field, error.expected, error.got, error.fix, unjudged=UNREADABLE)
