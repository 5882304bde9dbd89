"""The front door as a drill uses it: one short question, who answered it, and after how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import httpx

ANSWERED_BY = "x-litellm-model-id"
"""Header in which the gateway names the step of the cascade that answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one request came back with."""

    status: int
    """0 where the connection broke."""

    by: str
    """Name of the step that answered; empty where none did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long it took until the expected answer came, and what came meanwhile."""

    seconds: float | None
    """None where it did not come in time."""

    failed: int
    """Requests in between that were not answered."""

    last: Answer


@dataclass(frozen=True)
class Door:
    """Asks one model by one key. Every question is another one, so that no cache can answer it."""

    client: httpx.Client
    model: str

    def ask(self, words: int = 1, *, key: str | None = None) -> Answer:
        """Send a question of so many words; `key` in place of the client's own."""
        text = " ".join([f"drill {time.monotonic_ns()}", *("word" for _ in range(words - 1))])
        body = {"model": self.model, "messages": [{"role": "user", "content": text}], "max_tokens": 8}
        headers = {"authorization": f"Bearer {key}"} if key else {}
        try:
            answer = self.client.post("/v1/chat/completions", json=body, headers=headers)
        except httpx.HTTPError:
            return Answer(status=0, by="")
        by = answer.headers.get(ANSWERED_BY, "") if answer.status_code == httpx.codes.OK else ""
        return Answer(status=answer.status_code, by=by)

    def until(
        self, expected: Callable[[Answer], bool], *, within_seconds: float, clock: Clock | None = None
    ) -> Wait:
        """Ask again and again until the answer is the expected one."""
        clock = clock or Clock()
        start, failed = clock.now(), 0
        while True:
            answer = self.ask()
            passed = clock.now() - start
            if expected(answer):
                return Wait(seconds=passed, failed=failed, last=answer)
            failed += answer.status != httpx.codes.OK
            if passed > within_seconds:
                return Wait(seconds=None, failed=failed, last=answer)
            clock.pause()


class Clock:
    """Time as it passes; tests put another in its place."""

    def now(self: Self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def pause(self: Self) -> None:
        """Between two questions."""
        time.sleep(0.2)
