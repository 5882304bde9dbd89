"""The API on a port, and the way in which an answer does not come."""

from __future__ import annotations

import asyncio
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

import uvicorn

from lab.fakes.railway.api import PATH, Api, Reply
from lab.fakes.railway.faults import Lost
from lab.fakes.routes import Message, Receive, Send
from lab.fakes.server import STAND_IN_HEADER

_START_SECONDS: Final = 10


class Listener:
    """The ASGI application."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await _body(receive)
        if (scope["method"], scope["path"]) != ("POST", PATH):
            await _send(send, Reply(404, b"Not Found", {"content-type": "text/plain"}))
            return
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        reply = await asyncio.to_thread(self._api.answer, headers, scope["query_string"].decode(), body)
        if reply.seconds:
            await asyncio.sleep(reply.seconds)
        if reply.lost is Lost.HANGING:
            while (await receive())["type"] != "http.disconnect":
                pass
        elif reply.lost is Lost.DROPPED:
            # More is promised than comes, so the server has to close the connection.
            await _start(send, reply, len(reply.body) + 1)
        else:
            await _send(send, reply)


class Background:
    """A server in a thread of this process.

    Args:
        application: ASGI.
        options: Further ones of uvicorn's.
    """

    def __init__(self, application: Any, *, host: str, port: int = 0, **options: Any) -> None:  # noqa: ANN401 - uvicorn's
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_config=None,
            headers=[STAND_IN_HEADER],
            timeout_graceful_shutdown=1,
            **options,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._server.run, daemon=True)

    def start(self) -> int:
        """Start, and return the port.

        Raises:
            OSError: It cannot listen there.
        """
        self._thread.start()
        deadline = monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or monotonic() > deadline:
                raise OSError("the stand-in must be able to listen on its port, got no server")
            sleep(0.005)
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    def stop(self) -> None:
        """End it; a client that waits for an answer is left without."""
        self._server.should_exit = True
        self._thread.join()


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _start(send: Send, reply: Reply, length: int) -> None:
    given = {**reply.headers, "content-length": str(length)}
    headers = [(name.encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


async def _send(send: Send, reply: Reply) -> None:
    await _start(send, reply, len(reply.body))
    await send({"type": "http.response.body", "body": reply.body})
