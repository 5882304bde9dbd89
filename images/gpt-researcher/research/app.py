"""The web application: reports are asked for and read, documents put in. Paths are those of upstream's."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from research import agent, documents
from research.agent import Question, ResearchError
from research.door import HEALTH_PATH
from research.search import NoSearch, brave
from research.store import Report, Store

_PAGE: Final = Path(__file__).with_name("page.html")
_AT_ONCE: Final = 2
"""Reports in work at the same time; others wait. Each asks the gateway several questions at once."""

_MOST_CHARACTERS: Final = 4000
_NO_SEARCH: Final = (
    "the web cannot be searched: no key of Brave's search is set (brave_api_key); set it, or ask with"
    ' report_source "local" for a report over the documents that were put in'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of the service, and the key of the search where there is one."""

    outputs: Path
    documents: Path
    brave_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    task: str
    report_type: str
    report_source: str
    tone: str
    in_background: bool


class Service:
    """What the routes share."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._store = Store(places.outputs)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._running: set[asyncio.Task[Report]] = set()

    def application(self) -> Starlette:
        """The application, without the door before it."""
        return Starlette(
            routes=[
                Route(HEALTH_PATH, self._health),
                Route("/", self._page),
                Route("/report/", self._ask, methods=["POST"]),
                Route("/api/reports", self._list),
                Route("/api/reports/{name}", self._show),
                Route("/api/reports/{name}", self._forget, methods=["DELETE"]),
                Route("/files/", self._files),
                Route("/files/{name}", self._remove_file, methods=["DELETE"]),
                Route("/upload/", self._upload, methods=["POST"]),
            ],
            lifespan=self._lifespan,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._store.give_up_unfinished()
        yield

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _page(self, _: Request) -> Response:
        policy = (
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'"
        )
        return FileResponse(_PAGE, headers={"content-security-policy": policy})

    async def _ask(self, request: Request) -> Response:
        ask = await _read(request)
        question = self._question(ask)
        report = self._store.begin(
            question=ask.task, report_type=ask.report_type, report_source=ask.report_source
        )
        work = asyncio.create_task(self._work(report, question))
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        if ask.in_background:
            return JSONResponse({"message": "The report is being written.", "research_id": report["id"]})
        done = await asyncio.shield(work)
        if done["error"]:
            raise HTTPException(502, done["error"])
        found = {"source_urls": done["sources"]}
        return JSONResponse(
            {"research_id": done["id"], "report": done["answer"], "research_information": found}
        )

    def _question(self, ask: _Ask) -> Question:
        texts = None
        key = self._places.brave_key
        if ask.report_source == "local":
            texts = documents.read_all(self._places.documents)
            if not texts:
                raise HTTPException(409, "there are no documents to look into; put one in first")
        elif not key:
            raise HTTPException(503, _NO_SEARCH)
        return Question(
            task=ask.task,
            report_type=ask.report_type,
            tone=ask.tone,
            documents=texts,
            search=brave(key) if key and texts is None else NoSearch,
        )

    async def _work(self, report: Report, question: Question) -> Report:
        async with self._slots:
            try:
                answer = await agent.research(question)
            except ResearchError as error:
                return self._store.fail(report, str(error))
            return self._store.finish(report, answer=answer.text, sources=answer.sources)

    async def _list(self, _: Request) -> Response:
        return JSONResponse({"reports": self._store.all()})

    async def _show(self, request: Request) -> Response:
        report = self._store.get(request.path_params["name"])
        if report is None:
            raise HTTPException(404, "no such report")
        return JSONResponse({"report": report})

    async def _forget(self, request: Request) -> Response:
        if not self._store.remove(request.path_params["name"]):
            raise HTTPException(404, "no such report")
        return JSONResponse({"success": True})

    async def _files(self, _: Request) -> Response:
        return JSONResponse({"files": documents.listing(self._places.documents)})

    async def _upload(self, request: Request) -> Response:
        async with request.form(max_files=1, max_part_size=documents.MOST_BYTES) as form:
            file = form.get("file")
            name = file.filename if isinstance(file, UploadFile) else None
            if not isinstance(file, UploadFile) or not name or not documents.is_name(name):
                raise HTTPException(
                    400, f"file: must be a document that ends in {', '.join(documents.FORMS)}"
                )
            content = await file.read(documents.MOST_BYTES + 1)
        if len(content) > documents.MOST_BYTES:
            raise HTTPException(413, f"file: must have at most {documents.MOST_BYTES} bytes")
        (self._places.documents / name).write_bytes(content)
        return JSONResponse({"message": "File uploaded.", "filename": name})

    async def _remove_file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in documents.listing(self._places.documents):
            raise HTTPException(404, "no such document")
        (self._places.documents / name).unlink()
        return JSONResponse({"success": True})


async def _read(request: Request) -> _Ask:
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise HTTPException(400, "body: must be JSON") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "body: must be an object")
    problems = [
        f"{name}: must be one of {', '.join(allowed)}"
        for name, default, allowed in _CHOICES
        if body.get(name, default) not in allowed
    ]
    task = body.get("task")
    if not isinstance(task, str) or not 0 < len(task.strip()) <= _MOST_CHARACTERS:
        problems.append(f"task: must be a question of at most {_MOST_CHARACTERS} characters")
    if problems:
        raise HTTPException(400, "\n".join(problems))
    chosen = {name: body.get(name, default) for name, default, _ in _CHOICES}
    return _Ask(
        task=str(task).strip(), **chosen, in_background=bool(body.get("generate_in_background", True))
    )


_CHOICES: Final = (
    ("report_type", "research_report", agent.REPORT_TYPES),
    ("report_source", "web", ("web", "local")),
    ("tone", "Objective", agent.TONES),
)
