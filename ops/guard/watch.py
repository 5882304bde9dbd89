"""An update with the guard around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from components.model.problems import Problem
from ops.errors import SwarmError
from ops.guard import look, record
from ops.guard.fingerprint import Fingerprint, absences, changes
from ops.stack import Stack


@dataclass
class NotThereError(SwarmError):
    """There is nothing that could be guarded; nothing was run."""

    problems: Sequence[Problem]

    def __str__(self) -> str:
        """What is missing."""
        return "\n".join(
            ["nothing was run, because Qdrant is not as it must be before:", *_lines(self.problems)]
        )


@dataclass
class TouchedError(SwarmError):
    """What must never be touched was touched."""

    problems: Sequence[Problem]
    also: str = ""
    """What the update itself said, where it failed too."""

    def __str__(self) -> str:
        """What is different, and what to do."""
        lines = ["QDRANT IS NOT AS IT WAS BEFORE, AND IT IS NOT OURS:", *_lines(self.problems)]
        return "\n".join([*lines, *([self.also] if self.also else [])])


@dataclass
class UnseenError(SwarmError):
    """Whether it was touched is not known."""

    said: str

    def __str__(self) -> str:
        """Why, and how to find out."""
        return self.said


def begin(stack: Stack) -> Fingerprint:
    """Take the fingerprint that an update starts from, and keep it.

    Raises:
        NotThereError: It is absent or does not run.
        SwarmError: It cannot be looked at.
    """
    found = look.take(stack)
    if missing := absences(found):
        raise NotThereError(missing)
    record.save(stack.name, found)
    return found


def end(stack: Stack, before: Fingerprint, *, also: str = "") -> Fingerprint:
    """Take it again and compare.

    Raises:
        TouchedError: It is another one.
        UnseenError: It cannot be looked at any more.
    """
    try:
        found = look.take(stack)
    except SwarmError as error:
        fix = f"once it answers: ./swarm guard after --stack {stack.name}"
        said = f"Qdrant cannot be compared with what it was before the update: {error}\n{fix}"
        raise UnseenError(f"{said}\n{also}" if also else said) from error
    if touched := changes(before, found):
        raise TouchedError(touched, also)
    return found


@contextmanager
def guarded(stack: Stack) -> Iterator[Fingerprint]:
    """Run what is in the block, which may fail, and compare in any case.

    Raises:
        NotThereError: Before the block: nothing was run.
        TouchedError: After the block.
        UnseenError: After the block.
    """
    before = begin(stack)
    try:
        yield before
    except BaseException as error:
        end(stack, before, also=str(error))
        raise
    end(stack, before)


def _lines(problems: Sequence[Problem]) -> list[str]:
    return [f"  {problem}" for problem in problems]
