"""Routes of Open WebUI that programs use; its page is a sentence."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.fakes.accounts import Database, StoreError
from lab.fakes.forms import uploaded
from lab.fakes.keys import same
from lab.fakes.routes import Answer, Application, Handler, RefusedError, Request, as_json, as_text
from lab.fakes.upstream import Upstream
from lab.fakes.webui import tokens
from lab.fakes.webui.stores import Cache
from lab.fakes.words import embed

VERSION = "0.11.4"
_NAME = "Open WebUI (stand-in)"
_PAGE = f"<!doctype html><title>{_NAME}</title><p>A stand-in for Open WebUI: only its API answers."
_DIMENSIONS = 384
"""Length of the vectors of the model in the real image."""


@dataclass(frozen=True)
class Neighbours:
    """The services that it works with."""

    database: Database
    cache: Cache
    gateway: Upstream
    converter: Upstream
    vectors: Upstream


@dataclass(frozen=True)
class Options:
    """The real program's settings, as far as they matter here."""

    secret_key: str
    admin_email: str
    prefix: str

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Options:
        """Take them from variables; a missing one is an error that names it."""
        return cls(
            secret_key=env["WEBUI_SECRET_KEY"],
            admin_email=env["WEBUI_ADMIN_EMAIL"].lower(),
            prefix=env["QDRANT_COLLECTION_PREFIX"],
        )


class Pages:
    """Signs people in and passes their words on."""

    def __init__(self, options: Options, neighbours: Neighbours) -> None:
        self._options = options
        self._to = neighbours
        self._files = f"{options.prefix}_files"

    def application(self) -> Application:
        """The routes; nothing but the sign-in and what tells that it lives is open."""
        return Application(
            {
                "GET /": _page,
                "GET /health": _lives,
                "GET /health/db": self._database_lives,
                "GET /ready": self._ready,
                "GET /api/config": self._config,
                "GET /api/version": _version,
                "POST /api/v1/auths/signin": self._sign_in,
                "POST /api/v1/auths/signup": _no_sign_up,
                "GET /api/models": self._signed_in(self._models),
                "POST /api/chat/completions": self._signed_in(self._chat),
                "POST /api/v1/files/": self._signed_in(self._upload),
            }
        )

    def _signed_in(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Answer:
            if self._user(request) is None:
                raise RefusedError(401, "Not authenticated")
            return await handler(request)

        return guarded

    def _user(self, request: Request) -> str | None:
        claims = tokens.read(request.bearer, self._options.secret_key) if request.bearer else None
        known = claims is not None and same(str(claims.get("id", "")), self._options.admin_email)
        return self._options.admin_email if known else None

    async def _database_lives(self, _: Request) -> Answer:
        await _answering(self._to.database.ping)
        return as_json({"status": True})

    async def _ready(self, _: Request) -> Answer:
        await _answering(self._to.database.ping)
        await _answering(self._to.cache.ping)
        return as_json({"status": True})

    async def _config(self, request: Request) -> Answer:
        """Open; a token that another key signed is refused, as in the real program."""
        if request.bearer and tokens.read(request.bearer, self._options.secret_key) is None:
            raise RefusedError(401, "Invalid token")
        features = {"auth": True, "enable_signup": False}
        return as_json({"status": True, "name": _NAME, "version": VERSION, "features": features})

    async def _sign_in(self, request: Request) -> Answer:
        body = request.json()
        email, password = str(body.get("email", "")), str(body.get("password", ""))
        try:
            admitted = await asyncio.to_thread(self._to.database.admits, email, password)
        except StoreError as error:
            raise RefusedError(500, str(error)) from error
        if not admitted:
            raise RefusedError(400, "The email or password provided is incorrect.")
        user = email.lower()
        token = tokens.issue({"id": user, "jti": uuid.uuid4().hex}, self._options.secret_key)
        return as_json(
            {"id": user, "email": user, "name": user, "role": "admin", "token": token, "token_type": "Bearer"}
        )

    async def _models(self, _: Request) -> Answer:
        return await self._to.gateway.pass_on("GET", "/models")

    async def _chat(self, request: Request) -> Answer:
        return await self._to.gateway.pass_on("POST", "/chat/completions", request.json())

    async def _upload(self, request: Request) -> Answer:
        files = uploaded(request, "file")
        if len(files) != 1:
            raise RefusedError(422, f"file: must be one file, got {len(files)}")
        return as_json(await asyncio.to_thread(self._take_in, *files[0]))

    def _take_in(self, name: str, content: bytes) -> dict[str, Any]:
        """Convert a file and store it. The real program sends a form; key and address are the same."""
        source = {"kind": "file", "filename": name, "base64_string": base64.b64encode(content).decode()}
        converted = self._to.converter.ask("POST", "/v1/convert/source", {"sources": [source]})
        if converted["status"] != "success":
            raise RefusedError(400, f"Error calling Docling: {converted['errors'][0]['error_message']}")
        text = converted["document"]["md_content"]
        file = str(uuid.uuid4())
        path = f"/collections/{self._files}"
        if not self._to.vectors.ask("GET", f"{path}/exists")["result"]["exists"]:
            self._to.vectors.ask("PUT", path, {"vectors": {"size": _DIMENSIONS, "distance": "Cosine"}})
        payload = {"text": text, "tenant_id": f"file-{file}", "metadata": {"name": name}}
        point = {"id": file, "vector": embed(text, _DIMENSIONS), "payload": payload}
        self._to.vectors.ask("PUT", f"{path}/points?wait=true", {"points": [point]})
        return {"id": file, "filename": name, "created_at": int(time.time()), "data": {"content": text}}


async def _answering(ping: Any) -> None:  # noqa: ANN401 - a method of either store
    try:
        await asyncio.to_thread(ping)
    except StoreError as error:
        raise RefusedError(503, str(error)) from error


async def _page(_: Request) -> Answer:
    return as_text(_PAGE, "text/html; charset=utf-8")


async def _lives(_: Request) -> Answer:
    return as_json({"status": True})


async def _version(_: Request) -> Answer:
    return as_json({"version": VERSION})


async def _no_sign_up(_: Request) -> Answer:
    raise RefusedError(403, "You do not have permission to access this resource.")
