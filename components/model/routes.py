"""Where a request for the public model may go: what the gateway tries, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RouteKind(StrEnum):
    """Whose machine answers."""

    LOCAL = "local"
    RAILWAY = "railway"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One step of the cascade."""

    name: str
    order: int
    """From 1 on; the first is tried first."""

    kind: RouteKind
