"""The chat client against a real HTTP server: pieces in time, and every way in which an answer can fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ops import chat
from ops.chat import ChatError


class Server(HTTPServer):
    """Answers every request with the lines it was given."""

    status = 200
    lines: tuple[str, ...] = ()
    asked: dict[str, object]


class Handler(BaseHTTPRequestHandler):
    """One request of the OpenAI API."""

    server: Server

    def do_POST(self) -> None:
        """Remember the request and play the lines."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked = {"path": self.path, "key": self.headers["authorization"], **body}
        self.send_response(self.server.status)
        self.end_headers()
        for line in self.server.lines:
            self.wfile.write(f"{line}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: Server) -> str:
    pieces = chat.ask(f"http://127.0.0.1:{server.server_port}", key="k", model="m", prompt="hi")
    return "".join(piece.text for piece in pieces)


def delta(text: str) -> str:
    return "data: " + json.dumps({"choices": [{"delta": {"content": text}}]})


def test_answer(server: Server) -> None:
    server.lines = (
        ": keep-alive",
        delta("Hel"),
        delta("lo"),
        'data: {"choices": [], "usage": {}}',
        "data: [DONE]",
    )

    assert ask(server) == "Hello"
    assert server.asked["path"] == "/v1/chat/completions"
    assert server.asked["key"] == "Bearer k"
    assert server.asked["stream"] is True


def test_refused(server: Server) -> None:
    server.status, server.lines = 401, ("no such key",)

    with pytest.raises(ChatError, match="must answer 200, got 401: no such key"):
        ask(server)


def test_stream_cut_off(server: Server) -> None:
    server.lines = (delta("Hel"),)

    with pytest.raises(ChatError, match="got its end without it"):
        ask(server)


def test_error_in_the_stream(server: Server) -> None:
    server.lines = (delta("Hel"), 'data: {"error": {"message": "engine died"}}')

    with pytest.raises(ChatError, match="engine died"):
        ask(server)


def test_nobody_answers(server: Server) -> None:
    server.shutdown()
    server.server_close()

    with pytest.raises(ChatError, match="must answer"):
        ask(server)
