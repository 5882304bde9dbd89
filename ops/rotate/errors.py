"""What a rotation says when it cannot go on."""

from __future__ import annotations

from dataclasses import dataclass

from ops.errors import SwarmError


@dataclass
class RotationError(SwarmError):
    """A rotation was not begun or not finished; the message says which, and the next command."""

    said: str

    def __str__(self) -> str:
        """What happened, and what to do."""
        return self.said
