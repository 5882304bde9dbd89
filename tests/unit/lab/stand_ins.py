"""Stand-ins as processes on loopback, and a client that reads their streams."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from lab import paths

KEY = "key-of-this-test"
BEARER = {"Authorization": f"Bearer {KEY}"}


@dataclass
class Running:
    """A started stand-in."""

    process: subprocess.Popen[str]
    url: str
    first_line: str

    def series(self, name: str, **labels: str) -> float:
        """The value of the only series of this name with these labels."""
        page = httpx.get(f"{self.url}/metrics").text
        wanted = [name, *(f'{label}="{value}"' for label, value in labels.items())]
        found = [line for line in page.splitlines() if re.match(rf"{name}[ {{]", line)]
        found = [line for line in found if all(part in line for part in wanted)]
        assert len(found) == 1, found
        return float(found[0].rsplit(" ", 1)[1])


@contextmanager
def started(module: str, *args: str, **env: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *args],
        cwd=paths.REPO,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] and "running on" not in lines[-1]:
            lines.append(process.stdout.readline())
        try:
            address = re.search(r"http://\S+", lines[-1])
            assert address, lines
            yield Running(process, address[0], lines[0])
        finally:
            process.kill()


@contextmanager
def vllm(*flags: str, **env: str) -> Iterator[Running]:
    pace = {"STAND_IN_TOKENS_PER_SECOND": "200", "STAND_IN_FIRST_TOKEN_MS": "10"}
    named = ("--served-model-name", "mistral", "swarm")
    where = ("--host", "127.0.0.1", "--port", "0")
    with started("lab.fakes.vllm", "serve", "org/model", *where, *named, *flags, **{**pace, **env}) as server:
        yield server


@dataclass
class Streamed:
    """What a client saw: each piece of text with the seconds since it asked."""

    pieces: list[tuple[float, str]] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    complete: bool = False

    @property
    def first(self) -> float:
        """Seconds until the first piece."""
        return self.pieces[0][0]

    @property
    def last(self) -> float:
        """Seconds until the last piece."""
        return self.pieces[-1][0]


def question(text: str, **more: object) -> dict[str, object]:
    return {"model": "swarm", "messages": [{"role": "user", "content": text}], **more}


async def pieces(
    response: httpx.Response, start: float
) -> AsyncIterator[tuple[float, dict[str, object] | None]]:
    async for line in response.aiter_lines():
        if line.startswith("data: "):
            data = line.removeprefix("data: ")
            yield time.monotonic() - start, None if data == "[DONE]" else json.loads(data)


async def stream(client: httpx.AsyncClient, text: str, **more: object) -> Streamed:
    seen, start = Streamed(), time.monotonic()
    async with client.stream(
        "POST", "/v1/chat/completions", json=question(text, stream=True, **more)
    ) as response:
        assert response.status_code == httpx.codes.OK
        async for when, event in pieces(response, start):
            if event is None:
                seen.complete = True
                continue
            seen.events.append(event)
            for choice in event["choices"]:  # type: ignore[attr-defined]  # JSON
                if choice["delta"].get("content"):
                    seen.pieces.append((when, choice["delta"]["content"]))
    return seen


def client(running: Running) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=running.url, headers=BEARER, timeout=20)


def streams(running: Running, *texts: str, **more: object) -> list[Streamed]:
    async def ask() -> list[Streamed]:
        async with client(running) as connection:
            return await asyncio.gather(*(stream(connection, text, **more) for text in texts))

    return asyncio.run(ask())


async def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return condition()
