"""How often a client may ask: by the API's own count, which its answers tell, and by the edge's."""

from __future__ import annotations

from typing import Final

from lab.fakes.railway.behaviour import Behaviour
from lab.fakes.railway.clock import Clock

_HOUR: Final = 3600.0


class Limits:
    """Requests of the last hour, and bare ones of the last second."""

    def __init__(self, clock: Clock, behaviour: Behaviour) -> None:
        self._clock, self._behaviour = clock, behaviour
        self._window, self._count = clock.now(), 0
        self._bare: list[float] = []

    def throttled_by_edge(self, *, bare: bool) -> bool:
        """Count a request; whether the edge refuses it with a page of its own, and nothing to go by.

        Args:
            bare: It has no query string (terraform-provider-railway issues 43 and 63).
        """
        limit, now = self._behaviour.bare_requests_per_second, self._clock.now()
        if not bare or not limit:
            return False
        self._bare = [*(moment for moment in self._bare if now - moment < 1), now]
        return len(self._bare) > limit

    def take(self) -> bool:
        """Count a request; whether there was one left."""
        now = self._clock.now()
        if now - self._window >= _HOUR:
            self._window, self._count = now, 0
        self._count += 1
        return self._count <= self._behaviour.requests_per_hour

    def headers(self) -> dict[str, str]:
        """What every answer says of it; the end of the window is a Unix time."""
        limit = self._behaviour.requests_per_hour
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, limit - self._count)),
            "x-ratelimit-reset": f"{self._window + _HOUR:.0f}",
        }

    def retry_after(self) -> float:
        """Seconds until the next window."""
        return max(1.0, self._window + _HOUR - self._clock.now())
