"""The HTTP side: routes, keys, streams, and the end of a generation whose client went away."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import aclosing
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from lab.fakes.vllm import openai
from lab.fakes.vllm.arguments import Options
from lab.fakes.vllm.engine import Engine, Generation, OverloadedError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[[Receive, Send], Awaitable[None]]

VERSION = "0.33.0+stand-in"
GUARDED = ("/v1", "/v2", "/inference", "/cohere")
"""The only paths that vLLM's key protects (entrypoints/serve/middleware/authenticate.py)."""


class Api:
    """The ASGI application."""

    def __init__(self, options: Options, pace: openai.Pace) -> None:
        self._options = options
        self._pace = pace
        self._engine = Engine(options, options.served_names[0])
        self._created = int(time.time())
        self._routes: dict[str, tuple[str, Handler]] = {
            "/health": ("GET", self._health),
            "/version": ("GET", self._version),
            "/metrics": ("GET", self._metrics),
            "/v1/models": ("GET", self._models),
            "/v1/chat/completions": ("POST", self._chat),
            "/v1/completions": ("POST", self._text),
        }

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"]
        method, handler = self._routes.get(path, ("", None))
        if path.startswith(GUARDED) and not self._allowed(scope):
            await _send_json(send, 401, {"error": "Unauthorized"})
        elif handler is None:
            await _send_json(send, 404, {"detail": "Not Found"})
        elif scope["method"] != method:
            await _send_json(send, 405, {"detail": "Method Not Allowed"})
        else:
            await handler(receive, send)

    def _allowed(self, scope: MutableMapping[str, Any]) -> bool:
        offered = dict(scope["headers"]).get(b"authorization", b"")
        keys = self._options.api_keys
        return not keys or any(secrets.compare_digest(offered, f"Bearer {key}".encode()) for key in keys)

    async def _health(self, _: Receive, send: Send) -> None:
        await _send(send, 200, b"", "text/plain")

    async def _version(self, _: Receive, send: Send) -> None:
        await _send_json(send, 200, {"version": VERSION})

    async def _metrics(self, _: Receive, send: Send) -> None:
        await _send(send, 200, self._engine.metrics.text(), CONTENT_TYPE_LATEST)

    async def _models(self, _: Receive, send: Send) -> None:
        await _send_json(send, 200, openai.models(self._options, self._created))

    async def _chat(self, receive: Receive, send: Send) -> None:
        await self._generate("chat.completion", receive, send)

    async def _text(self, receive: Receive, send: Send) -> None:
        await self._generate("text_completion", receive, send)

    async def _generate(self, kind: openai.Kind, receive: Receive, send: Send) -> None:
        try:
            ask = openai.read(kind, await _body(receive), self._options, self._pace)
            with self._engine.admitted(ask.job) as generation:
                write = self._stream if ask.stream else self._whole
                await _while_connected(receive, write(ask, generation, send))
        except openai.ApiError as error:
            await _send_json(send, error.status, error.body)
        except OverloadedError as error:
            await _send_json(send, 503, openai.ApiError(503, "Service Unavailable", str(error)).body)

    async def _whole(self, ask: openai.Ask, generation: Generation, send: Send) -> None:
        async with aclosing(self._engine.tokens(generation)) as tokens:
            text = "".join([token async for token in tokens])
        await _send_json(send, 200, openai.answer(ask, text, openai.usage(generation)))

    async def _stream(self, ask: openai.Ask, generation: Generation, send: Send) -> None:
        await _start(send, 200, "text/event-stream; charset=utf-8")
        async with aclosing(self._engine.tokens(generation)) as tokens:
            async for token in tokens:
                if generation.emitted == 1 and ask.kind == "chat.completion":
                    await _event(send, json.dumps(openai.chunk(ask, "", role=True)))
                await _event(send, json.dumps(openai.chunk(ask, token)))
        await _event(send, json.dumps(openai.chunk(ask, "", finish_reason=ask.job.finish_reason)))
        if ask.include_usage:
            await _event(send, json.dumps(openai.usage_chunk(ask, openai.usage(generation))))
        await _event(send, "[DONE]")
        await send({"type": "http.response.body", "body": b""})


async def _while_connected(receive: Receive, writing: Coroutine[Any, Any, None]) -> None:
    """Run `writing`, and cancel it when the client hangs up: a GPU must not work for nobody."""
    work = asyncio.ensure_future(writing)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait({work})
        if not work.cancelled():
            work.result()
    finally:
        gone.cancel()
        work.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _event(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": f"data: {text}\n\n".encode(), "more_body": True})


async def _start(send: Send, status: int, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _send(send: Send, status: int, body: bytes, content_type: str) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_json(send: Send, status: int, body: object) -> None:
    await _send(send, status, json.dumps(body).encode(), "application/json")
