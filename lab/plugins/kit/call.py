"""One call of a handler: its properties, its log line to the engine, and its early end. For the lab only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum


class PluginError(Exception):
    """The operation failed. The engine shows the text as it is, unmasked: never put a secret into it."""


class Severity(IntEnum):
    """Severities of the engine's log (engine.proto)."""

    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


class Props(dict[str, object]):
    """Plain property values, already checked against the table, with typed access; absent is None."""

    def text(self, name: str) -> str | None:
        """A text property."""
        value = self.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str, default: int = 0) -> int:
        """A whole number."""
        value = self.get(name)
        return int(value) if isinstance(value, int | float) else default

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean."""
        value = self.get(name)
        return value if isinstance(value, bool) else default

    def texts(self, name: str) -> list[str]:
        """A list of texts; absent is empty."""
        value = self.get(name)
        return [str(item) for item in value] if isinstance(value, list) else []

    def object(self, name: str) -> Props | None:
        """A nested object or a map."""
        value = self.get(name)
        return Props(value) if isinstance(value, dict) else None


class Stop:
    """Ends one call from outside: the engine cancelled, or the resource's custom timeout ran out.

    Blocking work registers how to close itself; closing makes it fail, and the reason given here is then
    shown in place of that failure.
    """

    def __init__(self) -> None:
        self.reason = ""
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    def trigger(self, reason: str) -> None:
        """End the call; the first reason wins."""
        with self._lock:
            self.reason = self.reason or reason
            self._event.set()
            closers = list(self._closers)
        for close in closers:
            close()

    @contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """While the block runs, an early end calls `close`, at once if it came before."""
        with self._lock:
            self._closers.append(close)
        if self._event.is_set():
            close()
        try:
            yield
        finally:
            with self._lock:
                self._closers.remove(close)

    def wait(self, seconds: float) -> None:
        """Sleep, but not past an early end.

        Raises:
            PluginError: The call was ended.
        """
        if self._event.wait(seconds):
            raise PluginError(self.reason)


def _discard(_message: str, _severity: Severity) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with.

    Attributes:
        name: The resource's logical name.
        id: The resource's id, empty on create.
        inputs: The new inputs; on delete, those of the resource that goes.
        state: The properties of the resource so far, empty on create.
        log: Show a line to the operator, beside the resource.
    """

    name: str
    inputs: Props
    state: Props = field(default_factory=Props)
    log: Callable[[str, Severity], None] = _discard
    stop: Stop = field(default_factory=Stop)
    id: str = ""
