"""Routes of Grafana that people and programs use first; its page is a sentence."""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest

from lab.fakes.accounts import Database, StoreError
from lab.fakes.grafana.provisioning import Provisioned
from lab.fakes.keys import same
from lab.fakes.routes import Answer, Application, Handler, RefusedError, Request, as_json, as_text

VERSION = "13.2.3"
_NAME = "Grafana (STAND-IN)"
_PAGE = (
    f"<!doctype html><title>{_NAME}</title><h1>STAND-IN</h1><p>It shows no dashboards; its API answers with "
    "what is provisioned."
)


@dataclass(frozen=True)
class Metrics:
    """Grafana's own figures by its own names, as far as they mean something here."""

    registry: CollectorRegistry
    logins: Counter
    requests: Counter

    @classmethod
    def of(cls, provisioned: Provisioned) -> Metrics:
        """Figures of a server that has just started."""
        registry = CollectorRegistry()
        built = Gauge("grafana_build_info", "A constant 1.", ["version", "edition"], registry=registry)
        built.labels(VERSION, "stand-in").set(1)
        totals = {"dashboard": len(provisioned.dashboards), "datasource": len(provisioned.datasources)}
        for what, count in {**totals, "users": 1, "orgs": 1}.items():
            Gauge(f"grafana_stat_totals_{what}", "Total amount.", registry=registry).set(count)
        return cls(
            registry,
            Counter("grafana_api_login_post", "Sign-ins.", registry=registry),
            Counter(
                "grafana_api_response_status", "Answers of the API by status.", ["code"], registry=registry
            ),
        )


@dataclass(frozen=True)
class Options:
    """Who gets in. An empty password for metrics leaves them open, as in the real program."""

    admin: str
    metrics_user: str
    metrics_password: str


class Pages:
    """Answers people with a sentence and programs with what is provisioned."""

    def __init__(self, options: Options, database: Database, provisioned: Provisioned) -> None:
        self._options = options
        self._database = database
        self._provisioned = provisioned
        self._metrics = Metrics.of(provisioned)

    def application(self) -> Application:
        """The routes; nothing but the health, the sign-in and the way there is open."""
        return Application(
            {
                "GET /": _to_login,
                "GET /login": _page,
                "POST /login": self._sign_in,
                "GET /api/health": self._health,
                "GET /metrics": self._figures,
                "GET /api/search": self._signed_in(self._search),
                "GET /api/datasources": self._signed_in(self._datasources),
                "GET /api/dashboards/uid/{uid}": self._signed_in(self._dashboard),
                "GET /api/{rest}": self._signed_in(_unknown),
            }
        )

    def _signed_in(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Answer:
            name, password = _basic(request)
            if not await self._admits(name, password):
                self._metrics.requests.labels("401").inc()
                raise RefusedError(401, "Unauthorized")
            self._metrics.requests.labels("200").inc()
            return await handler(request)

        return guarded

    async def _admits(self, name: str, password: str) -> bool:
        if name != self._options.admin:
            return False
        try:
            return await asyncio.to_thread(self._database.admits, name, password)
        except StoreError as error:
            raise RefusedError(500, str(error)) from error

    async def _sign_in(self, request: Request) -> Answer:
        form = request.json()
        if not await self._admits(str(form.get("user")), str(form.get("password"))):
            raise RefusedError(401, "Invalid username or password")
        self._metrics.logins.inc()
        return as_json({"message": "Logged in"})

    async def _health(self, _: Request) -> Answer:
        try:
            await asyncio.to_thread(self._database.ping)
        except StoreError:
            return as_json({"database": "failing", "version": VERSION}, 503)
        return as_json({"database": "ok", "version": VERSION})

    async def _figures(self, request: Request) -> Answer:
        name, password = _basic(request)
        options = self._options
        right = same(name, options.metrics_user) and same(password, options.metrics_password)
        if options.metrics_password and not right:
            raise RefusedError(401, "Unauthorized")
        return as_text(generate_latest(self._metrics.registry).decode(), CONTENT_TYPE_LATEST)

    async def _search(self, _: Request) -> Answer:
        return as_json([_found(board) for board in self._provisioned.dashboards])

    async def _datasources(self, _: Request) -> Answer:
        return as_json([{**source, "readOnly": True} for source in self._provisioned.datasources])

    async def _dashboard(self, request: Request) -> Answer:
        for board in self._provisioned.dashboards:
            if board["uid"] == request.parts["uid"]:
                return as_json({"dashboard": board, "meta": {"provisioned": True}})
        raise RefusedError(404, "Dashboard not found")


def _found(board: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    shown = {name: board[name] for name in ("uid", "title", "folderTitle")}
    return {**shown, "type": "dash-db", "tags": board.get("tags", []), "url": f"/d/{board['uid']}"}


def _basic(request: Request) -> tuple[str, str]:
    """Name and password of HTTP basic authentication; empty without it."""
    kind, _, packed = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


async def _to_login(_: Request) -> Answer:
    return Answer(status=302, content_type="text/html; charset=utf-8", location="/login")


async def _page(_: Request) -> Answer:
    return as_text(_PAGE, "text/html; charset=utf-8")


async def _unknown(_: Request) -> Answer:
    raise RefusedError(404, "Not found")
