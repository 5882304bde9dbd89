"""Fixtures: the program, and one server with two services, of which one answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from components.render.consul import Entry
from lab import programs
from lab.nodes import images as bases
from lab.steps import Steps
from tests.e2e.consul.server import Server, Tokens, free_port


@dataclass(frozen=True, slots=True)
class Running:
    """A server that works, and what opens it."""

    server: Server
    tokens: Tokens


@pytest.fixture(scope="session")
def binary() -> Path:
    """The one of the lab's image, which `make up` has built."""
    return programs.ensure(Steps(), programs.CONSUL, bases.native_arch())


class _Healthy(BaseHTTPRequestHandler):
    """Answers 200 on /ok, and 404 elsewhere."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200 if self.path == "/ok" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def answering() -> Iterator[int]:
    """Port of a service that works."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def running(binary: Path, tmp_path: Path, answering: int) -> Iterator[Running]:
    """A healthy server for the test alone."""

    def entry(name: str, port: int, path: str = "") -> Entry:
        return Entry(name=name, node="thanos", host="127.0.0.1", port=port, path=path)

    services = [
        entry("thanos-page", answering, "/ok"),
        entry("thanos-lost-page", answering, "/gone"),
        entry("thanos-port", answering),
        entry("thanos-closed-port", free_port()),
    ]
    made, tokens = Server(binary, tmp_path, services), Tokens()
    try:
        made.start(tokens)
        yield Running(made, tokens)
    finally:
        made.stop()
