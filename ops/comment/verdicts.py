"""What `./swarm gate --json` wrote of a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


class _Part(BaseModel):
    """Only what the comment shows."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Found(_Part):
    """One finding."""

    rule: str
    severity: str
    refused: bool
    resource: str
    message: str


class Verdict(_Part):
    """What the gate says of one stack."""

    stack: str
    status: int
    findings: tuple[Found, ...]

    @property
    def beyond_policies(self) -> tuple[Found, ...]:
        """What the policies themselves did not say: they have a table of their own."""
        return tuple(each for each in self.findings if each.rule in _OWN)


_OWN = frozenset({"DAT-003", "DAT-004", "SEC-005", "EVI-001", "CHG-001"})


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Those of one run."""

    by_stack: Mapping[str, Verdict]
    unreadable: tuple[str, ...]
    """Names of the files that hold none: a gate that could not judge writes none."""


def read(files: Iterable[Path]) -> Verdicts:
    """What the files hold."""
    found: dict[str, Verdict] = {}
    unreadable = []
    for file in files:
        try:
            verdict = Verdict.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            unreadable.append(file.name)
        else:
            found[verdict.stack] = verdict
    return Verdicts(found, tuple(unreadable))
