"""The fingerprint from before an update, kept for the one after it, outside the repository."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from pydantic import ValidationError

from ops.guard.fingerprint import Fingerprint
from ops.guard.look import GuardError


def file_of(stack: str) -> Path:
    """Where it is kept, per operator (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base, "aiswarm-guard", f"{re.sub(r'[^A-Za-z0-9._-]', '_', stack)}.json")


def save(stack: str, found: Fingerprint) -> Path:
    """Write it whole or not at all, for the operator alone: names of collections may tell something."""
    file = file_of(stack)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as partial:  # created with mode 0600
        partial.write(found.model_dump_json(indent=2))
    Path(partial.name).replace(file)
    return file


def load(stack: str) -> Fingerprint:
    """The last one.

    Raises:
        GuardError: There is none, or it cannot be read.
    """
    file = file_of(stack)
    fix = f"./swarm guard before --stack {stack}, before the next update"
    try:
        return Fingerprint.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise GuardError(f"{file}: must hold the fingerprint from before, got no such file; {fix}") from error
    except (OSError, ValidationError) as error:
        said = "must hold the fingerprint from before"
        raise GuardError(f"{file}: {said}, got {type(error).__name__}; {fix}") from error
