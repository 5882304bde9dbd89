"""Routes of the RAG pipeline."""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.fakes.keys import same
from lab.fakes.routes import Answer, Application, Handler, RefusedError, Request, as_json, as_text
from lab.fakes.upstream import Upstream
from lab.fakes.words import chunks, embed

VERSION = "1.5.7+stand-in"
_PAGE = "<!doctype html><title>LightRAG (stand-in)</title><p>A stand-in for LightRAG: only its API answers."
_LEAST_LIKENESS = 0.05


@dataclass(frozen=True)
class Options:
    """The real program's settings, as far as they matter here."""

    key: str
    workspace: str
    llm_model: str
    embedding_model: str
    embedding_size: int

    @classmethod
    def read(cls, env: Mapping[str, str]) -> Options:
        """Take them from variables; a missing one is an error that names it."""
        return cls(
            key=env["LIGHTRAG_API_KEY"],
            workspace=env["WORKSPACE"],
            llm_model=env["LLM_MODEL"],
            embedding_model=env["EMBEDDING_MODEL"],
            embedding_size=int(env["EMBEDDING_DIM"]),
        )


class Pipeline:
    """Texts go into the vector database, and come out again beside a question."""

    def __init__(self, options: Options, *, database: Upstream, gateway: Upstream) -> None:
        self._options = options
        self._database = database
        self._gateway = gateway
        self._collection = collection_name(options.embedding_model, options.embedding_size)

    def application(self) -> Application:
        """The routes; all that shows or changes anything asks for the key."""
        return Application(
            {
                "GET /health": self._health,
                "GET /auth-status": self._auth_status,
                "GET /webui/": _page,
                "GET /documents/pipeline_status": self._guarded(self._status),
                "POST /documents/text": self._guarded(self._insert),
                "POST /query": self._guarded(self._answer),
            }
        )

    def prepare(self) -> None:
        """Have the collection, as LightRAG does before it listens.

        Raises:
            RefusedError: The database does not answer, or refuses.
        """
        path = f"/collections/{self._collection}"
        if not self._database.ask("GET", f"{path}/exists")["result"]["exists"]:
            size = {"size": self._options.embedding_size, "distance": "Cosine"}
            self._database.ask("PUT", path, {"vectors": size})

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Answer:
            offered = request.headers.get("x-api-key", "")
            if not same(offered, self._options.key):
                raise RefusedError(403, "Invalid API Key" if offered else "API Key required")
            return await handler(request)

        return guarded

    async def _health(self, _: Request) -> Answer:
        return as_json({"status": "healthy", "auth_mode": "enabled", "core_version": VERSION})

    async def _auth_status(self, _: Request) -> Answer:
        return as_json({"auth_configured": False, "auth_mode": "disabled", "core_version": VERSION})

    async def _status(self, _: Request) -> Answer:
        return as_json({"busy": False, "job_name": "", "docs": 0, "latest_message": "a stand-in has no jobs"})

    async def _insert(self, request: Request) -> Answer:
        body = request.json()
        text = str(body.get("text", "")).strip()
        if not text:
            raise RefusedError(422, "text: must not be empty")
        source = str(body.get("file_source") or "unknown_source")
        points = [self._point(chunk, source) for chunk in chunks(text)]
        path = f"/collections/{self._collection}/points?wait=true"
        await asyncio.to_thread(self._database.ask, "PUT", path, {"points": points})
        track = f"insert_{uuid.uuid4().hex[:8]}"
        return as_json({"status": "success", "message": "stored by a stand-in", "track_id": track})

    def _point(self, chunk: str, source: str) -> dict[str, Any]:
        workspace = self._options.workspace
        digest = hashlib.md5(f"{workspace}{chunk}".encode(), usedforsecurity=False).hexdigest()
        return {
            "id": str(uuid.UUID(digest)),
            "vector": embed(chunk, self._options.embedding_size),
            "payload": {"workspace_id": workspace, "content": chunk, "file_path": source},
        }

    async def _answer(self, request: Request) -> Answer:
        body = request.json()
        question = str(body.get("query", "")).strip()
        if len(question) < 3:
            raise RefusedError(422, "query: must have at least 3 characters")
        found = await asyncio.to_thread(self._find, question)
        context = "\n".join(each["payload"]["content"] for each in found)
        if body.get("only_need_context"):
            return as_json({"response": context, "references": _references(found)})
        said = await asyncio.to_thread(self._ask_model, question, context)
        return as_json({"response": said, "references": _references(found)})

    def _find(self, question: str) -> list[dict[str, Any]]:
        mine = {"key": "workspace_id", "match": {"value": self._options.workspace}}
        wanted = {
            "query": embed(question, self._options.embedding_size),
            "filter": {"must": [mine]},
            "limit": 5,
            "with_payload": True,
        }
        found = self._database.ask("POST", f"/collections/{self._collection}/points/query", wanted)
        return [point for point in found["result"]["points"] if point["score"] >= _LEAST_LIKENESS]

    def _ask_model(self, question: str, context: str) -> str:
        asked = {
            "model": self._options.llm_model,
            "messages": [
                {"role": "system", "content": f"Answer from these documents:\n{context}"},
                {"role": "user", "content": question},
            ],
            "max_tokens": 64,
        }
        answer = self._gateway.ask("POST", "/chat/completions", asked)
        return str(answer["choices"][0]["message"]["content"])


def collection_name(model: str, size: int) -> str:
    """LightRAG's name for the collection of chunks (lightrag/base.py, `_generate_collection_suffix`)."""
    return f"lightrag_vdb_chunks_{re.sub(r'[^a-zA-Z0-9_]', '_', model.lower())}_{size}d"


def _references(found: list[dict[str, Any]]) -> list[dict[str, str]]:
    files = dict.fromkeys(point["payload"]["file_path"] for point in found)
    return [{"reference_id": str(number), "file_path": file} for number, file in enumerate(files, start=1)]


async def _page(_: Request) -> Answer:
    return as_text(_PAGE, "text/html; charset=utf-8")
