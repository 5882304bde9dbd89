"""Routes of the vector database."""

from __future__ import annotations

import time
from typing import Any

from lab.fakes.keys import same
from lab.fakes.qdrant.shelf import Shelf
from lab.fakes.routes import Answer, Application, Handler, RefusedError, Request, as_json, as_text

VERSION = "1.19.0+stand-in"


class Database:
    """The shelf behind Qdrant's paths."""

    def __init__(self, shelf: Shelf, key: str) -> None:
        self._shelf = shelf
        self._key = key

    def application(self) -> Application:
        """The routes; only those that tell whether it lives are open where a key is set."""
        return Application(
            {
                "GET /": _root,
                "GET /healthz": _good("healthz check passed"),
                "GET /livez": _good("livez check passed"),
                "GET /readyz": _good("all shards are ready"),
                "GET /metrics": self._guarded(self._metrics),
                "GET /collections": self._guarded(self._list),
                "GET /collections/{name}": self._guarded(self._describe),
                "PUT /collections/{name}": self._guarded(self._create),
                "DELETE /collections/{name}": self._guarded(self._remove),
                "GET /collections/{name}/exists": self._guarded(self._exists),
                "PUT /collections/{name}/index": self._guarded(self._index),
                "PUT /collections/{name}/points": self._guarded(self._put),
                "POST /collections/{name}/points/search": self._guarded(self._search),
                "POST /collections/{name}/points/query": self._guarded(self._query),
                "POST /collections/{name}/points/scroll": self._guarded(self._scroll),
                "POST /collections/{name}/points/count": self._guarded(self._count),
            }
        )

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Answer:
            offered = request.headers.get("api-key", "") or request.bearer
            if self._key and not same(offered, self._key):
                raise RefusedError(401, "Must provide an API key or an Authorization bearer token")
            try:
                return await handler(request)
            except (KeyError, TypeError) as error:
                raise RefusedError(400, f"Format error in JSON body: {error!r}") from error

        return guarded

    async def _metrics(self, _: Request) -> Answer:
        lines = (
            f'app_info{{name="qdrant (stand-in)",version="{VERSION}"}} 1',
            f"collections_total {len(self._shelf.names)}",
        )
        return as_text("\n".join(lines) + "\n", "text/plain; version=0.0.4")

    async def _list(self, _: Request) -> Answer:
        return _result({"collections": [{"name": name} for name in self._shelf.names]})

    async def _describe(self, request: Request) -> Answer:
        return _result(self._shelf.describe(request.parts["name"]))

    async def _create(self, request: Request) -> Answer:
        self._shelf.create(request.parts["name"], request.json().get("vectors") or {})
        return _result(True)

    async def _remove(self, request: Request) -> Answer:
        return _result(self._shelf.remove(request.parts["name"]))

    async def _exists(self, request: Request) -> Answer:
        return _result({"exists": self._shelf.has(request.parts["name"])})

    async def _index(self, request: Request) -> Answer:
        self._shelf.describe(request.parts["name"])
        return _result({"operation_id": 0, "status": "completed"})

    async def _put(self, request: Request) -> Answer:
        self._shelf.put(request.parts["name"], request.json()["points"])
        return _result({"operation_id": 0, "status": "completed"})

    async def _search(self, request: Request) -> Answer:
        return _result(self._nearest(request, "vector"))

    async def _query(self, request: Request) -> Answer:
        return _result({"points": self._nearest(request, "query")})

    def _nearest(self, request: Request, field: str) -> list[dict[str, Any]]:
        body = request.json()
        found = self._shelf.nearest(
            request.parts["name"], body[field], body.get("filter") or {}, int(body.get("limit", 10))
        )
        return [{key: value for key, value in point.items() if key != "vector"} for point in found]

    async def _scroll(self, request: Request) -> Answer:
        body = request.json()
        found = self._shelf.points(request.parts["name"], body.get("filter") or {})
        return _result({"points": found[: int(body.get("limit", 10))], "next_page_offset": None})

    async def _count(self, request: Request) -> Answer:
        found = self._shelf.points(request.parts["name"], request.json().get("filter") or {})
        return _result({"count": len(found)})


def _good(said: str) -> Handler:
    async def good(_: Request) -> Answer:
        return as_text(said)

    return good


async def _root(_: Request) -> Answer:
    return as_json({"title": "qdrant - a stand-in", "version": VERSION})


def _result(value: object) -> Answer:
    return as_json({"result": value, "status": "ok", "time": time.process_time()})
