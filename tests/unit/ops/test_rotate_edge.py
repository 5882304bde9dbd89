"""Asking Railway's router for a key where the stack file says that its domain answers."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from components.config.settings import EdgeSettings
from lab import tls
from ops.rotate import programs
from ops.rotate.programs import Answer, asked

DOMAIN = "mine.up.railway.app"
KNOWN = "known-key"


class Router(BaseHTTPRequestHandler):
    """Knows one key, at one domain."""

    def do_GET(self) -> None:
        """Answer as the edge and the router behind it do."""
        known = self.headers["authorization"] == f"Bearer sk-{KNOWN}"
        self.send_response((200 if known else 401) if self.headers["host"] == DOMAIN else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of an edge whose certificate names the domain, and not the address."""
    tls.ensure(tmp_path, address="198.18.0.14", names=(f"*.{DOMAIN.partition('.')[2]}",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    with HTTPServer(("127.0.0.1", 0), Router) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def way(port: int, authority: Path) -> EdgeSettings:
    text = authority.read_text()
    return EdgeSettings.model_construct(address=IPv4Address("127.0.0.1"), port=port, ca_certificate=text)


def test_the_routers_key_opens_it_and_a_strangers_does_not(port: int, tmp_path: Path) -> None:
    ask = programs.edge(DOMAIN, way(port, tmp_path / "ca.pem"), prefix="sk-")

    assert ask(KNOWN).answer is Answer.ACCEPTED
    assert ask("another").answer is Answer.REFUSED


def test_whoever_shows_another_certificate_proves_nothing(port: int, tmp_path: Path) -> None:
    tls.ensure(tmp_path / "other", address="198.18.0.14")
    for domain, authority in ((DOMAIN, tmp_path / "other" / "ca.pem"), ("x.test", tmp_path / "ca.pem")):
        reply = asked(programs.edge(domain, way(port, authority), prefix="sk-"), KNOWN)

        assert reply.answer is Answer.UNCLEAR
        assert "CERTIFICATE_VERIFY_FAILED" in reply.said
