"""Wait for a condition instead of a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], *, within_seconds: float, poll_seconds: float = 0.5) -> None:
    """Return as soon as the condition holds.

    Raises:
        AssertionError: It never held within the time.
    """
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come true within {within_seconds} s"
        time.sleep(poll_seconds)
