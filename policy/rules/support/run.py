"""What the rules share while one preview or update is judged."""

from __future__ import annotations

from typing import NamedTuple

from .exceptions import Exceptions
from .problems import Problem


class Unjudged(NamedTuple):
    """What an advisory rule could not judge, and where."""

    rule: str
    urn: str
    problem: Problem


class Run:
    """One run of the pack: the engine starts a process for each preview and each update."""

    def __init__(self, exceptions: Exceptions) -> None:
        self.exceptions = exceptions
        self.unjudged: list[Unjudged] = []
        self.departures: dict[str, str] = {}
        """What somebody wanted otherwise, by a policy's name, and what it must be; it is so all the same."""
