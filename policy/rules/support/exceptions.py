"""Exceptions: one rule does not apply to one resource, for a while, with a reason and somebody who answers.

An exception excuses what it says that the rule finds there, so that nothing new at the same resource hides
behind it, and never that the rule crashed. What it excused is kept, because one that nobody needs any more
is a hole without a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from .problems import Problem

if TYPE_CHECKING:
    from .rule import Placed

FILE = "policy/exceptions.yaml"
"""Where they stand, as seen from the repository's root."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One exception."""

    rule: str
    """Id of the rule."""

    resource: str
    """Logical name of the resource, exactly."""

    stacks: tuple[str, ...]
    """Names of the stacks that it is granted in."""

    found: tuple[str, ...]
    """What is excused, word for word as the rule shows it after `got`."""

    reason: str
    owner: str
    granted: date
    expires: date
    """Last day that it is valid on."""

    def told(self, today: date) -> str:
        """The line that reports show."""
        days = (self.expires - today).days
        return f"excused until {self.expires}, {days} days left ({self.owner}): {self.reason}"


class Key(NamedTuple):
    """What an exception is looked up by."""

    rule: str
    resource: str
    stack: str


class Verdict(NamedTuple):
    """What is left of what a rule found."""

    problems: list[Placed]
    excused: list[str]
    """A line for each exception that was needed."""


class Exceptions:
    """What is granted today, what is wrong with the file, and what has been needed so far."""

    def __init__(self, today: date, grants: Iterable[Grant] = (), problems: Sequence[Problem] = ()) -> None:
        self.grants = tuple(grants)
        self.problems = tuple(problems)
        self._today = today
        self._by_key = {
            Key(grant.rule, grant.resource, stack): grant for grant in self.grants for stack in grant.stacks
        }
        self._rules = {grant.rule for grant in self.grants}
        self._judged: set[Key] = set()
        self._needed: set[Key] = set()

    def sift(self, rule: str, judged: Iterable[str], found: Iterable[Placed]) -> Verdict:
        """Take out what is excused, and remember by what.

        Args:
            judged: URNs of the resources that the rule has looked at.
        """
        if rule not in self._rules:
            return Verdict(list(found), [])
        self._judged |= self._by_key.keys() & {_key(rule, urn) for urn in judged}
        verdict = Verdict([], [])
        needed: dict[Key, Grant] = {}
        for urn, problem in found:
            grant = self._by_key.get(key := _key(rule, urn))
            if grant is None or problem.unjudged or problem.got not in grant.found:
                verdict.problems.append((urn, problem))
            else:
                needed[key] = grant
        self._needed |= needed.keys()
        verdict.excused.extend(f"{key.resource}: {grant.told(self._today)}" for key, grant in needed.items())
        return verdict

    def unneeded(self) -> list[Key]:
        """Those whose resource was judged and found to keep the rule.

        Not those whose resource is not there: other settings of the same stack may have it.
        """
        return [key for key in self._by_key if key in self._judged - self._needed]


def _key(rule: str, urn: str) -> Key:
    """Read `urn:pulumi:<stack>::<project>::<types>::<name>`; anything else is a resource that has no name."""
    head, *rest = urn.split("::", 3)
    start = "urn:pulumi:"
    known = head.startswith(start) and len(rest) == 3
    return Key(rule, rest[2], head.removeprefix(start)) if known else Key(rule, "", "")
