"""Who may change a project at Railway: nothing there has tags, so its description says so.

`managed by aiswarm: production (prod), staging (lab)` names environments, and the stack that each belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MARK = "managed by aiswarm"
_MARK = re.compile(rf"\s*{MARK}(?:: (?P<owners>[^\n]*))?\s*\Z")
_OWNER = re.compile(r"\s*(?P<environment>[^,()]+?) \((?P<stack>[^,()]+)\)\s*")


def owners(description: str | None) -> dict[str, str] | None:
    """Stacks by the environment that belongs to each; None without the mark."""
    found = _MARK.search(description or "")
    if found is None:
        return None
    parts = (_OWNER.fullmatch(part) for part in (found["owners"] or "").split(","))
    return {part["environment"]: part["stack"] for part in parts if part}


def described(description: str | None, by_environment: Mapping[str, str]) -> str:
    """The description with these owners in place of those that it names; other text stays."""
    words = _MARK.sub("", description or "")
    names = ", ".join(f"{environment} ({stack})" for environment, stack in sorted(by_environment.items()))
    mark = f"{MARK}: {names}" if names else MARK
    return f"{words}\n{mark}" if words else mark
