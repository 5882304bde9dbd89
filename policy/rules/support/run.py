"""What the rules share while one preview or update is judged."""

from __future__ import annotations

from .exceptions import Exceptions


class Run:
    """One run of the pack: the engine starts a process for each preview and each update."""

    def __init__(self, exceptions: Exceptions) -> None:
        self.exceptions = exceptions
