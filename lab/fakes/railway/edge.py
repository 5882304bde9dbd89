"""STAND-IN for Railway's edge and for what runs behind it: domains lead to services whose deployment runs."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from lab.fakes.keys import same
from lab.fakes.railway.fake import FakeRailway
from lab.fakes.railway.router import Router, find_router
from lab.fakes.railway.store import Node
from lab.fakes.routes import Message, Receive, Send

LIVENESS_PATH: Final = "/health/liveliness"


class Edge:
    """The ASGI application. It asks the store at every request, so nothing has to be told to it."""

    def __init__(self, fake: FakeRailway) -> None:
        self._fake = fake
        self._routers: dict[str, Router | None] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        domain = dict(scope["headers"]).get(b"host", b"").decode().partition(":")[0].lower()
        deployment = await asyncio.to_thread(self._fake.running_at, domain)
        if deployment is None:
            absent = {"status": "error", "code": 404, "message": "Application not found"}
            await _send_json(send, 404, absent)
            return
        router = self._router(deployment)
        if router is None:
            await _send_json(send, 200, {"stand-in": f"nothing runs behind {domain}"})
        elif scope["path"] == LIVENESS_PATH:
            await _send_json(send, 200, "I'm alive!")
        elif not scope["path"].startswith("/v1/"):
            await _send_json(send, 404, {"detail": "Not Found"})
        elif refusal := await asyncio.to_thread(self._refusal, router, deployment, scope):
            status, message = refusal
            await _send_json(send, status, _error(message, status))
        else:
            await router.answers(scope, receive, _signed(send, router.model_id))

    def _refusal(self, router: Router, deployment: Node, scope: Message) -> tuple[int, str] | None:
        """Why the router cannot answer: another key, or its model does not run."""
        offered = dict(scope["headers"]).get(b"authorization", b"").decode(errors="replace")
        if not same(offered, f"Bearer {router.key}"):
            return 401, "Authentication Error, this key opens nothing"
        model = router.model_service
        if scope["method"] == "POST" and not self._fake.runs(deployment["environmentId"], model):
            return 503, f"no connection to {model}"
        return None

    def _router(self, deployment: Node) -> Router | None:
        if deployment["id"] not in self._routers:
            self._routers[deployment["id"]] = find_router(deployment["snapshot"]["variables"])
        return self._routers[deployment["id"]]


def _signed(send: Send, model_id: str) -> Send:
    """The same, with the header in which LiteLLM names the step that answered."""

    async def signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-litellm-model-id", model_id.encode())]
        await send(message)

    return signed


def _error(message: str, status: int) -> dict[str, object]:
    """An error as LiteLLM writes it."""
    return {"error": {"message": message, "type": None, "param": None, "code": str(status)}}


async def _send_json(send: Send, status: int, value: object) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
