"""What is relied on at Railway, point by point, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether what is relied on holds."""

    OK = "ok"
    DIFFERS = "differs"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One point and what was found."""

    what: str
    must: str
    verdict: Verdict
    found: str


@dataclass(frozen=True, slots=True)
class Point:
    """Something that is relied on."""

    what: str
    must: str

    def ok(self, found: str) -> Row:
        """It holds."""
        return self._row(Verdict.OK, found)

    def differs(self, found: str) -> Row:
        """It does not."""
        return self._row(Verdict.DIFFERS, found)

    def not_checked(self, reason: str) -> Row:
        """Nobody knows."""
        return self._row(Verdict.NOT_CHECKED, reason)

    def judged(self, found: str, *, holds: bool) -> Row:
        """It holds or not."""
        return self.ok(found) if holds else self.differs(found)

    def _row(self, verdict: Verdict, found: str) -> Row:
        return Row(what=self.what, must=self.must, verdict=verdict, found=found)


class NotCheckedError(Exception):
    """A point cannot be checked, for a reason that is no fault."""
