"""Time at the stand-in: stopped for tests, or faster than real for a lab that does not want to wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Lock


class Clock:
    """Unix time, in seconds.

    Args:
        speed: Seconds that pass here in one real second; 0 stands still until somebody sleeps.
    """

    def __init__(self, speed: float = 0.0) -> None:
        self._speed, self._began = speed, time.monotonic()
        self._at, self._lock = time.time(), Lock()

    def now(self) -> float:
        """The time."""
        return self._at + (time.monotonic() - self._began) * self._speed

    def sleep(self, seconds: float) -> None:
        """Move on without waiting; a client that waits by this clock waits for nothing real."""
        with self._lock:
            self._at += seconds

    def not_before(self, moment: float) -> None:
        """Go on from a time that was written down by a stand-in before this one."""
        self.sleep(max(0.0, moment - self.now()))

    def text(self) -> str:
        """The time as the API writes it."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds")
