"""What the rules share while one preview or update is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .exceptions import Exceptions
from .problems import Problem


class Unjudged(NamedTuple):
    """What an advisory rule could not judge, and where."""

    rule: str
    urn: str
    problem: Problem


class Run:
    """One run of the pack: the engine starts a process for each preview and each update.

    Args:
        on_resources: Ids of all rules on single resources.
        on_stack: Ids of all other rules, without those on the pack's own work.
    """

    def __init__(
        self, exceptions: Exceptions, *, on_resources: Iterable[str] = (), on_stack: Iterable[str] = ()
    ) -> None:
        self.exceptions = exceptions
        self.unjudged: list[Unjudged] = []
        self.configured: dict[str, None] = {}
        """Ids of rules that were given settings, in the order in which they were asked."""

        self._on_resources = frozenset(on_resources)
        self._on_stack = frozenset(on_stack)
        self._about: dict[str, set[str]] = {}
        self._asked: set[str] = set()

    def asked(self, rule: str, settings: Mapping[str, object], urn: str | None = None) -> None:
        """Remember that a rule was asked about one resource, or about the whole stack."""
        if settings:
            self.configured[rule] = None
        if urn is None:
            self._asked.add(rule)
        else:
            self._about.setdefault(urn, set()).add(rule)

    def unasked(self) -> list[str]:
        """Ids of rules that were not asked although others were."""
        passed_over = set[str]().union(*(self._on_resources - rules for rules in self._about.values()))
        return sorted(passed_over | (self._on_stack - self._asked))
