"""The stand-in for Railway at the other end of the wire, without a network and on one clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from components.railway.client import RailwayClient
from components.railway.transport import Clock
from lab.fakes.railway import FakeRailway
from tests.unit.components.railway.kit import served
from tests.unit.components.railway.wire import Wire

RESTART_SECONDS = 5.0
"""An engine that was killed is not back at once."""

KINDS = ("project", "environment", "service", "volume", "domain")


@dataclass
class Waits:
    """The clock of the stand-in, which only waiting moves."""

    fake: FakeRailway
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """What a client is given."""
        return Clock(now=self.fake.clock.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.fake.clock.sleep(seconds)


class World:
    """A Railway, the way to it, and the time there."""

    def __init__(self, fake: FakeRailway) -> None:
        self.fake, self.time = fake, Waits(fake)
        self.wire = Wire(_far(fake))

    def client(self) -> RailwayClient:
        """A client after a restart of the engine."""
        self.wire.crash_after = None
        self.fake.clock.sleep(RESTART_SECONDS)
        return served(self.wire, self.time.clock, token=self.fake.token)

    def counts(self) -> dict[str, int]:
        """How many of each kind are there."""
        return {kind: len(self.fake.alive(kind)) for kind in KINDS}


def _far(fake: FakeRailway) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = fake.api.answer(headers, request.url.query.decode(), request.content)
        return httpx.Response(reply.status, content=reply.body, headers=dict(reply.headers))

    return answer
