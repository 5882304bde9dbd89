"""Routes of the document processor."""

from __future__ import annotations

import base64
import binascii
import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from lab.fakes.forms import uploaded
from lab.fakes.keys import same
from lab.fakes.routes import Answer, Application, Handler, RefusedError, Request, as_json

VERSION = "1.36.0+stand-in"
_KINDS = {".txt": "text/plain", ".md": "text/markdown", ".markdown": "text/markdown"}


class Converter:
    """What it can do without models: pass text on."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._registry = CollectorRegistry()
        self._converted = Counter(
            "docling_standin_conversions", "Documents by result", ["status"], registry=self._registry
        )
        Gauge("docling_standin", "1 because this is a stand-in", registry=self._registry).set(1)

    def application(self) -> Application:
        """The routes; health, version and metrics are open, as in docling-serve."""
        return Application(
            {
                "GET /health": _good,
                "GET /ready": _good,
                "GET /readyz": _good,
                "GET /livez": _good,
                "GET /version": _version,
                "GET /metrics": self._metrics,
                "GET /v1/status/poll/{task}": self._guarded(_no_task),
                "GET /v1/clear/results": self._guarded(_good),
                "POST /v1/convert/source": self._guarded(self._source),
                "POST /v1/convert/file": self._guarded(self._file),
            }
        )

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Answer:
            if self._key and not same(request.headers.get("x-api-key", "").strip(), self._key):
                raise RefusedError(401, "Unauthorized")
            return await handler(request)

        return guarded

    async def _metrics(self, _: Request) -> Answer:
        return Answer(generate_latest(self._registry), content_type=CONTENT_TYPE_LATEST)

    async def _source(self, request: Request) -> Answer:
        """Sources of kind `file`, in base64; this stand-in fetches nothing from the network."""
        sources = request.json().get("sources")
        if not isinstance(sources, list) or len(sources) != 1 or not isinstance(sources[0], dict):
            raise RefusedError(422, "sources: must be a list of one source")
        source = sources[0]
        if source.get("kind") != "file":
            raise RefusedError(422, f"sources.0.kind: must be file in the lab, got {source.get('kind')!r}")
        try:
            content = base64.b64decode(str(source.get("base64_string", "")), validate=True)
        except binascii.Error as error:
            raise RefusedError(422, f"sources.0.base64_string: {error}") from error
        return self._convert(str(source.get("filename", "")), content)

    async def _file(self, request: Request) -> Answer:
        files = uploaded(request, "files")
        if len(files) != 1:
            raise RefusedError(422, f"files: must be one file, got {len(files)}")
        return self._convert(*files[0])

    def _convert(self, name: str, content: bytes) -> Answer:
        """A file that cannot be converted is answered with 200 and its reason, as docling-serve does."""
        began = time.monotonic()
        errors = []
        text = ""
        ending = f".{name.rpartition('.')[2].lower()}"
        if ending not in _KINDS:
            errors.append(f"{name}: the lab's stand-in reads {', '.join(_KINDS)} only")
        else:
            text = content.decode("utf-8", errors="replace")
        status = "failure" if errors else "success"
        self._converted.labels(status).inc()
        return as_json(
            {
                "document": {"filename": name, "md_content": text, "text_content": text},
                "status": status,
                "errors": [
                    {"component_type": "document_backend", "module_name": "stand-in", "error_message": each}
                    for each in errors
                ],
                "processing_time": time.monotonic() - began,
                "timings": {},
            }
        )


async def _good(_: Request) -> Answer:
    return as_json({"status": "ok"})


async def _version(_: Request) -> Answer:
    return as_json({"docling-serve": VERSION})


async def _no_task(request: Request) -> Answer:
    raise RefusedError(404, f"Task {request.parts['task']} not found.")
