"""A client whose time passes only while it waits, and whose answers a test writes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from components.railway.access import Access, find_access
from components.railway.client import RailwayClient
from components.railway.masks import Masks
from components.railway.transport import Clock, Transport

START = 1_790_000_000.0
"""Unix time at which every test begins, in seconds."""

Answer = httpx.Response | Exception


@dataclass
class Time:
    """A clock that only waiting moves."""

    now: float = START
    slept: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        """What a client is given."""
        return Clock(now=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Script:
    """Answers in order, the last of them again and again; keeps what was asked."""

    answers: list[Answer]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The next answer."""
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def operations(self) -> list[str]:
        """Names of what was asked, in order."""
        return [json.loads(request.content)["operationName"] for request in self.requests]


def data(value: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer whose one field has that value."""
    return httpx.Response(200, json={"data": {"field": value}}, headers=headers)


def error(message: str, **more: object) -> httpx.Response:
    """How Railway says nearly everything that went wrong."""
    found = {"message": message, "extensions": {"code": "INTERNAL_SERVER_ERROR"}, **more}
    return httpx.Response(200, json={"data": None, "errors": [found]})


def token() -> str:
    return secrets.token_urlsafe(24)


def access(**variables: str) -> Access:
    return find_access({"RAILWAY_API_TOKEN": token(), **variables})


def scripted(*answers: Answer, time: Time | None = None) -> tuple[RailwayClient, Script, Time]:
    """A client with these answers."""
    script, time = Script(list(answers)), time or Time()
    return served(script, time.clock), script, time


def served(
    answer: Callable[[httpx.Request], httpx.Response], clock: Clock, *, token: str | None = None
) -> RailwayClient:
    """A client of a function from request to answer."""
    masks = Masks()
    given = access(RAILWAY_API_TOKEN=token) if token else access()
    transport = Transport(given, clock, masks, via=httpx.MockTransport(answer))
    return RailwayClient(transport, clock, masks)


def variables_of(request: httpx.Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.content)["variables"]
    return found
