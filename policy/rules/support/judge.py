"""All rules on one resource, and on the whole stack: what they find, and what of it is excused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from pulumi_policy import EnforcementLevel

from .problems import UNREADABLE, Problem, UnreadableError
from .resources import Resource
from .rule import AnyRule, Placed, ResourceRule, RunRule, StackCheck, StackRule, crash
from .run import Run, Unjudged


class Told(NamedTuple):
    """What one rule says."""

    rule: AnyRule
    problems: list[Placed]
    excused: str
    """What was excused and why, of a rule on one resource of which nothing is left."""


class Judge:
    """The rules in the order in which they are asked."""

    def __init__(self, rules: Sequence[AnyRule], run: Run) -> None:
        self.rules = tuple(rules)
        self.run = run
        self._on_resources = [rule for rule in rules if isinstance(rule, ResourceRule)]
        self._on_stack = [rule for rule in rules if isinstance(rule, StackRule)]
        self._on_run = [rule for rule in rules if isinstance(rule, RunRule)]

    def silent(self, kind: str) -> list[ResourceRule]:
        """Rules that say nothing about resources of a type."""
        return [rule for rule in self._on_resources if not rule.judges(kind)]

    def resource(self, kind: str, urn: str, read: Callable[[], Resource]) -> Iterator[Told]:
        """What is found before a resource is changed.

        Args:
            read: How to have it; where that fails, every rule refuses.
        """
        try:
            resource = read()
        except Exception as error:  # noqa: BLE001  a resource that cannot be judged must be refused
            problem = crash(urn.rpartition("::")[2], error)
            yield from (self._told(rule, [urn], [(urn, problem)]) for rule in self._judging(kind))
            return
        for rule in self._judging(kind):
            yield self._told(rule, [urn], [(urn, problem) for problem in rule.problems(resource)])

    def stack(self, urns: Sequence[str], read: Callable[[], Sequence[Resource]]) -> Iterator[Told]:
        """What is found at the end of a preview."""
        try:
            resources: Sequence[Resource] | Problem = read()
        except Exception as error:  # noqa: BLE001  a stack that cannot be judged must be refused
            resources = crash("stack", error)
        for rule in self._on_stack:
            yield self._told(rule, urns, _found(rule.check, resources))
        for last in self._on_run:
            check = partial(last.check, self.run)
            yield self._told(last, urns, _found(check, resources))

    def _judging(self, kind: str) -> list[ResourceRule]:
        return [rule for rule in self._on_resources if rule.judges(kind)]

    def _told(self, rule: AnyRule, judged: Iterable[str], found: Iterable[Placed]) -> Told:
        verdict = self.run.exceptions.sift(rule.id, judged, found)
        if rule.level is EnforcementLevel.ADVISORY:
            self.run.unjudged += [
                Unjudged(rule.id, urn, problem) for urn, problem in verdict.problems if problem.unjudged
            ]
        # A rule on the whole stack has judged everything else there: it was not passed over.
        passed_over = isinstance(rule, ResourceRule) and not verdict.problems
        return Told(rule, verdict.problems, "; ".join(verdict.excused) if passed_over else "")


def _found(check: StackCheck, resources: Sequence[Resource] | Problem) -> list[Placed]:
    if isinstance(resources, Problem):
        return [("", resources)]
    try:
        # Several checks may meet the same unreadable field.
        return list(dict.fromkeys(check(resources)))
    except UnreadableError as error:
        return [("", Problem(error.field, error.expected, error.got, error.fix, UNREADABLE))]
    except Exception as error:  # noqa: BLE001  a stack that cannot be judged must be refused
        return [("", crash("stack", error))]
