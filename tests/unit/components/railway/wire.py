"""The way from a client to a Railway, on which a test makes happen what happens on the internet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from components.railway.operations import operations
from tests.unit.components.railway.kit import error

Far = Callable[[httpx.Request], httpx.Response]
Fault = Callable[[httpx.Request, Far], httpx.Response]


class Crash(BaseException):
    """The engine was killed; nothing catches it."""


@dataclass
class Wire:
    """Passes requests on, keeps them, and does with some of them what a test wants."""

    far: Far
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    """What happens to an operation, one fault for each call of it; the last of them stays."""

    crash_after: int | None = None
    """How many calls go through before the engine is killed."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Pass one request on."""
        if self.crash_after is not None and len(self.calls) >= self.crash_after:
            raise Crash
        body = json.loads(request.content)
        self.calls.append((body["operationName"], body["variables"]))
        waiting = self.faults[body["operationName"]]
        if not waiting:
            return self.far(request)
        return waiting.pop(0)(request, self.far)

    def forget(self) -> None:
        """Begin a new list of calls."""
        self.calls.clear()

    @property
    def mutations(self) -> list[str]:
        """Names of the operations that change something, in order."""
        return [name for name, _ in self.calls if operations()[name].startswith("mutation")]


def lost(status: int = 504) -> Fault:
    """Railway does it, and its answer does not arrive."""

    def fault(request: httpx.Request, far: Far) -> httpx.Response:
        far(request)
        return httpx.Response(status)

    return fault


def timed_out(request: httpx.Request, far: Far) -> httpx.Response:
    """Railway does it after nobody waits any more."""
    far(request)
    raise httpx.ReadTimeout("slow")


def refused(message: str) -> Fault:
    """Railway says no."""
    return lambda _request, _far: error(message)


def answered(value: object) -> Fault:
    """Railway says what a test wants to hear, and does nothing."""
    return lambda _request, _far: httpx.Response(200, json={"data": {"field": value}})


def passed(request: httpx.Request, far: Far) -> httpx.Response:
    """Nothing happens to it."""
    return far(request)


def altered(**changed: object) -> Fault:
    """Railway's own answer with other values in it."""

    def fault(request: httpx.Request, far: Far) -> httpx.Response:
        ((name, value),) = far(request).json()["data"].items()
        return httpx.Response(200, json={"data": {name: {**value, **changed}}})

    return fault
