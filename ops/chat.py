"""One streamed chat request through the front door, as any OpenAI client would send it."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from ops.errors import SwarmError

TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Piece:
    """A piece of the answer and when it came, in seconds since the request was sent."""

    text: str
    seconds: float


@dataclass
class ChatError(SwarmError):
    """The swarm refused the request or broke the stream off."""

    said: str

    def __str__(self) -> str:
        """What was said."""
        return self.said


def ask(url: str, *, key: str, model: str, prompt: str, ca: Path | None = None) -> Iterator[Piece]:
    """Send one request and yield the answer's pieces as they arrive.

    Args:
        ca: Certificate authority of the server; None trusts the system's.

    Raises:
        ChatError: Another status than 200, a stream without its end mark, or no connection.
    """
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": prompt}]}
    start = time.monotonic()
    try:
        with (
            httpx.Client(verify=context, timeout=TIMEOUT_SECONDS, trust_env=False) as client,
            client.stream(
                "POST", f"{url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"}
            ) as answer,
        ):
            if answer.status_code != 200:
                raise ChatError(
                    f"{url}: must answer 200, got {answer.status_code}: {answer.read().decode()[:500]}"
                )
            yield from _pieces(answer.iter_lines(), start)
    except httpx.HTTPError as error:
        raise ChatError(f"{url}: must answer, got {error}") from error


def _pieces(lines: Iterator[str], start: float) -> Iterator[Piece]:
    for line in lines:
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        chunk = json.loads(data)
        if "error" in chunk:
            raise ChatError(f"stream: must end with [DONE], got {chunk['error']}")
        for choice in chunk.get("choices", []):
            if text := choice.get("delta", {}).get("content"):
                yield Piece(text, time.monotonic() - start)
    raise ChatError("stream: must end with [DONE], got its end without it")
