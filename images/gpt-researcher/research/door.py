"""The door: nobody gets past it without the operator's password. GPT Researcher itself asks for none."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH_PATH: Final = "/healthz"
"""The one path that answers anyone: it says that the service lives, and nothing else."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN: Final = frozenset({b"same-origin", b"none"})


class Door:
    """An ASGI application in front of another one."""

    def __init__(self, inside: Application, *, user: str, password: str) -> None:
        if not password:
            raise ValueError("password: must not be empty")
        self._inside = inside
        self._expected = f"{user}:{password}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in the server's own start and stop, the health check, and whoever knows the password."""
        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] == HEALTH_PATH):
            await self._inside(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif not self._knows(scope["headers"]):
            await _refuse(send, 401, (b"www-authenticate", b'Basic realm="research", charset="UTF-8"'))
        elif scope["method"] not in _SAFE and not _is_own(scope["headers"]):
            await _refuse(send, 403)
        else:
            await self._inside(scope, receive, send)

    def _knows(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        scheme, _, encoded = _value(headers, b"authorization").partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, self._expected)


def _is_own(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a change is asked for by our own page, or by no page at all.

    A browser sends the password along with whatever any page asks of us; but it also says whose page asked.
    """
    return _value(headers, b"sec-fetch-site") in {*_OWN, b""}


def _value(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    return next((value for key, value in headers if key == name), b"")


async def _refuse(send: Send, status: int, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-length", b"0"), *headers],
        }
    )
    await send({"type": "http.response.body", "body": b""})
