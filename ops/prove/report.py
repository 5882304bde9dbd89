"""What a search of one place has shown, and what all of them together have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.prove.needles import Source


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A secret where it must not be: whose, how written, and where; never its value."""

    path: str
    offset: int
    """Of the first byte, or the first character of a text that no file holds."""

    source: Source
    times: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Allowed:
    """Secrets where they belong. That the search sees them there shows that it would see them elsewhere."""

    home: str
    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one search has shown."""

    searched: str
    """How much there was, e.g. `30421 files`."""

    findings: tuple[Finding, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    problems: tuple[str, ...] = ()
    """Why the search proves nothing, or less than it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One place, searched."""

    place: str
    where: str
    """Node, or `here`."""

    seconds: float
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole proof."""

    stack: str
    secrets: tuple[str, ...]
    """Names of what was looked for."""

    unknown: tuple[str, ...]
    """Names of keys that stand in the Vault server alone: nobody here knows what to look for."""

    forms: int
    seconds: float
    scans: tuple[Scan, ...]

    @property
    def found(self) -> int:
        """How many findings there are."""
        return sum(len(scan.outcome.findings) for scan in self.scans)

    @property
    def problems(self) -> int:
        """How many things keep it from being a proof."""
        return sum(len(scan.outcome.problems) for scan in self.scans)

    @property
    def holds(self) -> bool:
        """Nothing was found, and every search could have found something."""
        return not self.found and not self.problems

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "stack": self.stack,
            "found": self.found,
            "problems": self.problems,
            "secrets": list(self.secrets),
            "unknown": list(self.unknown),
            "forms": self.forms,
            "seconds": round(self.seconds, 1),
            "places": [_as_json(scan) for scan in self.scans],
        }


def _as_json(scan: Scan) -> dict[str, Any]:
    outcome = scan.outcome
    return {
        "place": scan.place,
        "where": scan.where,
        "searched": outcome.searched,
        "seconds": round(scan.seconds, 1),
        "found": [
            {
                "secrets": list(finding.source.names),
                "form": finding.source.form.value,
                "path": finding.path,
                "offset": finding.offset,
                "times": finding.times,
            }
            for finding in outcome.findings
        ],
        "allowed": [
            {"home": each.home, "secrets": list(each.names), "reason": each.reason}
            for each in outcome.allowed
        ],
        "problems": list(outcome.problems),
    }


def gathered(found: Iterable[tuple[str, int, Source]]) -> tuple[Finding, ...]:
    """One finding for every secret and form in every path, at its first place."""
    places: dict[tuple[str, Source], list[int]] = {}
    for path, offset, source in found:
        places.setdefault((path, source), []).append(offset)
    return tuple(
        sorted(
            Finding(path, min(offsets), source, len(offsets)) for (path, source), offsets in places.items()
        )
    )


def in_text(path: str, found: Mapping[Source, int]) -> list[tuple[str, int, Source]]:
    """What a text holds, for `gathered`."""
    return [(path, offset, source) for source, offset in found.items()]
