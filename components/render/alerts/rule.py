"""One alert as a value, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HELP: Final = "docs/alerts.md"
"""Has a section for every alert, under the alert's name."""


class Severity(StrEnum):
    """How soon a person must look."""

    WARNING = "warning"
    """Within days."""

    CRITICAL = "critical"
    """Now: something does not work, or is about to break."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that an operator wants to be told of.

    Every series of `expression` has the label `node`, because the summary names it.
    """

    name: str
    expression: str
    lasts: str
    """How long it must hold, as Prometheus writes times; empty alerts at once."""

    severity: Severity
    summary: str
    fix: str
    """The first thing to try."""

    topic: str = ""
    """Shared by a warning and the critical alert behind it, which then silences the warning."""

    def written(self) -> Mapping[str, object]:
        """The rule in Prometheus' form."""
        topic = {"topic": self.topic} if self.topic else {}
        waits = {"for": self.lasts} if self.lasts else {}
        return {
            "alert": self.name,
            "expr": self.expression,
            **waits,
            "labels": {"severity": str(self.severity), **topic},
            "annotations": {
                "summary": self.summary,
                "fix": self.fix,
                "runbook": f"{HELP}#{self.name.lower()}",
            },
        }
