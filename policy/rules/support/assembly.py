"""The pack as the SDK wants it: every rule of the folder, around what they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TypedDict, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from . import exceptions_file
from .exceptions import Exceptions
from .frameworks import compliance
from .problems import UNREADABLE, Problem, UnreadableError
from .resources import from_args
from .rule import AnyRule, Placed, ResourceRule, Rule, RunRule, StackCheck, StackRule, crash
from .run import Run, Unjudged
from .secrets import collector


class _Metadata(TypedDict):
    name: str
    description: str
    enforcement_level: EnforcementLevel
    severity: Severity
    framework: PolicyComplianceFramework | None
    tags: list[str]
    remediation_steps: str


def every_rule() -> list[AnyRule]:
    """All rules in the order in which they have to be asked.

    Those on the pack's own work come last, and among them the one that counts whether all were asked.
    """
    folder = Path(__file__).parents[1]
    package = __name__.rpartition(".support.")[0]
    names = [module.name for module in iter_modules([str(folder)]) if not module.ispkg]
    found = [cast("AnyRule", import_module(f"{package}.{name}").RULE) for name in names]
    return sorted(found, key=lambda rule: (isinstance(rule, RunRule), rule.id))


def read_exceptions(file: Path, rules: Iterable[AnyRule], today: date) -> Exceptions:
    """What is granted today."""
    return exceptions_file.read(file, {rule.id: rule.excusable for rule in rules}, today)


def policies(rules: Sequence[AnyRule], exceptions: Exceptions) -> list[Policy]:
    """The pack's policies; what is secret is noted before any rule is asked."""
    run = Run(
        exceptions,
        on_resources=(rule.id for rule in rules if isinstance(rule, ResourceRule)),
        on_stack=(rule.id for rule in rules if isinstance(rule, StackRule)),
    )
    return [collector(), *(policy(rule, run) for rule in rules)]


def policy(rule: AnyRule, run: Run) -> Policy:
    """One rule as the SDK wants it."""
    if isinstance(rule, ResourceRule):
        return _resource_policy(rule, run)
    if isinstance(rule, StackRule):
        return _stack_policy(rule, run, rule.check)
    return _stack_policy(rule, run, lambda resources: rule.check(run, resources))


def _resource_policy(rule: ResourceRule, run: Run) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        run.asked(rule.id, args.get_config(), args.urn)
        if not rule.judges(args.resource_type):
            args.not_applicable(f"{args.resource_type} is not judged by this rule")
        try:
            problems = rule.problems(from_args(args))
        except Exception as error:  # noqa: BLE001  a resource that cannot be judged must be refused
            problems = [crash(args.name, error)]
        placed = [(args.urn, problem) for problem in problems]
        if excused := _told(rule, run, [args.urn], placed, report=report):
            args.not_applicable(excused)

    return ResourceValidationPolicy(**_metadata(rule), validate=validate)


def _stack_policy(rule: StackRule | RunRule, run: Run, check: StackCheck) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        run.asked(rule.id, args.get_config())
        judged = [resource.urn for resource in args.resources]
        if excused := _told(rule, run, judged, _found(check, args.resources), report=report):
            args.not_applicable(excused)

    return StackValidationPolicy(**_metadata(rule), validate=validate)


def _found(check: StackCheck, resources: Sequence[PolicyResource]) -> list[Placed]:
    try:
        # Several checks may meet the same unreadable field.
        return list(dict.fromkeys(check([from_args(resource) for resource in resources])))
    except UnreadableError as error:
        return [("", Problem(error.field, error.expected, error.got, error.fix, UNREADABLE))]
    except Exception as error:  # noqa: BLE001  a stack that cannot be judged must be refused
        return [("", crash("stack", error))]


def _told(
    rule: Rule, run: Run, judged: Iterable[str], found: Iterable[Placed], *, report: ReportViolation
) -> str:
    """Report what no exception excuses; where nothing is left, say what was excused and why."""
    verdict = run.exceptions.sift(rule.id, judged, found)
    for urn, problem in verdict.problems:
        report(str(problem), urn or None)
        if problem.unjudged and rule.level is EnforcementLevel.ADVISORY:
            run.unjudged.append(Unjudged(rule.id, urn, problem))
    return "" if verdict.problems else "; ".join(verdict.excused)


def _metadata(rule: Rule) -> _Metadata:
    return {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": rule.level,
        "severity": rule.severity,
        "framework": compliance(rule.frameworks),
        "tags": [rule.id, *rule.frameworks],
        "remediation_steps": rule.remediation,
    }
