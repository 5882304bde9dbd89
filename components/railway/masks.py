"""Secret values that must never be shown, wherever a text comes from."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

MASK = "***"
_SHORTEST = 4
"""Characters. To mask anything shorter would blot out words of every text, and tell what it is."""


_LONG_WORD = 16
"""Characters. A value may be a keyword and a password, of which a log shows the second: a long word."""


class Masks:
    """Values seen so far. Shared by all threads of a process, since a log may hold any service's secret."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._lock = Lock()

    def add(self, values: Iterable[object]) -> None:
        """Hide these values from now on, each line and long word of them, too: logs are cut into lines."""
        texts = [value for value in values if isinstance(value, str)]
        found = {part for text in texts for part in (text, *text.splitlines()) if len(part) >= _SHORTEST}
        found |= {word for text in texts for word in text.split() if len(word) >= _LONG_WORD}
        with self._lock:
            self._values |= found

    def hide(self, text: str) -> str:
        """The text without any of them; longer values first, because one may be part of another."""
        with self._lock:
            known = sorted(self._values, key=len, reverse=True)
        for value in known:
            text = text.replace(value, MASK)
        return text
