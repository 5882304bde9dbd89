"""The least of a web framework for stand-ins: routes with placeholders, JSON in and out."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """What a client sent; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    parts: Mapping[str, str] = field(default_factory=dict)
    """What stood in the path for the route's placeholders."""

    def json(self) -> dict[str, Any]:
        """The body as an object.

        Raises:
            RefusedError: It is none.
        """
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise RefusedError(422, f"body: must be JSON, got {error}") from error
        if not isinstance(found, dict):
            raise RefusedError(422, "body: must be an object")
        return found

    @property
    def bearer(self) -> str:
        """The token of the authorization header; empty without one."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else ""


@dataclass(frozen=True)
class Answer:
    """What a client gets: one body, or pieces as they come."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    pieces: AsyncIterator[bytes] | None = None
    location: str = ""
    """Where a redirect leads."""


class RefusedError(Exception):
    """A request that is not served; `detail` is how FastAPI names the reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


Handler = Callable[[Request], Awaitable[Answer]]


def as_json(value: object, status: int = 200) -> Answer:
    """An answer with `value` as JSON."""
    return Answer(json.dumps(value).encode(), status)


def as_text(text: str, content_type: str = "text/plain; charset=utf-8") -> Answer:
    """An answer with plain text."""
    return Answer(text.encode(), content_type=content_type)


class Application:
    """An ASGI application made of routes like `GET /collections/{name}`; the first that fits answers."""

    def __init__(self, routes: Mapping[str, Handler]) -> None:
        self._routes = [(*_parse(route), handler) for route, handler in routes.items()]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        body = await _body(receive)
        try:
            handler, parts = self._find(scope["method"], scope["path"])
            answer = await handler(Request(scope["method"], scope["path"], headers, body, parts))
        except RefusedError as error:
            answer = as_json({"detail": str(error)}, error.status)
        await _send(send, answer)

    def _find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        others = False
        for wanted, pattern, handler in self._routes:
            found = pattern.fullmatch(path)
            if found and wanted == method:
                return handler, found.groupdict()
            others = others or bool(found)
        raise RefusedError(405, "Method Not Allowed") if others else RefusedError(404, "Not Found")


def _parse(route: str) -> tuple[str, re.Pattern[str]]:
    method, _, path = route.partition(" ")
    return method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


async def _body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(send: Send, answer: Answer) -> None:
    headers = [(b"content-type", answer.content_type.encode())]
    if answer.location:
        headers.append((b"location", answer.location.encode()))
    if answer.pieces is None:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.pieces is not None:
        async for piece in answer.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": answer.body})
