"""The exceptions that the policy pack grants, and how long each still holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError


class Granted(BaseModel):
    """One entry of the file; what makes one valid is judged by the pack."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rule: str
    resource: str
    stacks: tuple[str, ...]
    owner: str
    expires: date
    """Last day that it is valid on."""

    def days_left(self, today: date) -> int:
        """Days that it still holds, today not counted; negative once it has expired."""
        return (self.expires - today).days


class _File(BaseModel):
    exceptions: tuple[Granted, ...]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Those of a checkout."""

    granted: tuple[Granted, ...]
    readable: bool = True


def read(file: Path) -> Exceptions:
    """Those in a file, the first to expire first; none where there is no such file."""
    if not file.exists():
        return Exceptions(())
    try:
        found = _File.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError):
        return Exceptions((), readable=False)
    return Exceptions(
        tuple(sorted(found.exceptions, key=lambda each: (each.expires, each.rule, each.resource)))
    )
