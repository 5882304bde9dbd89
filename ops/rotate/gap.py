"""How long a service is away during a rotation, as a client sees it: asked ten times a second.

Asked is for an answer that needs no secret, so nothing here depends on which value is in force.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from components.model.specs import ServiceSpec
from components.render.litellm import LIVENESS_PATH
from ops import stack as engine
from ops.rotate.plan import ENGINE
from ops.rotate.proofs import Surroundings

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1.0
"""A service that takes longer to answer counts as away."""

Alive = Callable[[], bool]

_QUESTIONS = {
    # Who has not logged in yet is `default`, and may ping.
    "redis": (b"PING\r\n", (b"+PONG",)),
    # A client's first bytes, SSLRequest, to which the server says `S` or `N` (PostgreSQL, message formats).
    "postgres": (struct.pack("!ii", 8, 80877103), (b"S", b"N")),
}
"""What is sent to a service, by its short name and that of its port, and how it answers once it works."""


class Watch:
    """Asks one service in a thread of its own for as long as the block lasts."""

    def __init__(self, alive: Alive) -> None:
        self._alive = alive
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.away_seconds = 0.0
        """From the last answer before to the first one after, all times away together."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        answered, missing = time.monotonic(), False
        while not self._over.is_set():
            asked = time.monotonic()
            alive = self._alive()
            if alive and missing:
                self.away_seconds += asked - answered
            if alive:
                answered = asked
            missing = not alive
            self._over.wait(max(0.0, POLL_SECONDS - (time.monotonic() - asked)))
        if missing:
            self.away_seconds += time.monotonic() - answered


@contextmanager
def watching(around: Surroundings, services: tuple[ServiceSpec, ...]) -> Iterator[Mapping[str, Watch]]:
    """Watch those of the services that can be asked without a secret."""
    with ExitStack() as stack:
        yield {
            spec.full_name: stack.enter_context(Watch(alive))
            for spec in services
            if (alive := _alive(stack, around, spec)) is not None
        }


def _alive(stack: ExitStack, around: Surroundings, spec: ServiceSpec) -> Alive | None:
    """How the service is asked; None where only the service itself could tell."""
    address = str(around.stack.nodes[spec.node].address)
    if spec.name in _QUESTIONS:
        port = spec.published_port(spec.name)
        question, answers = _QUESTIONS[spec.name]
        return lambda: exchange(address, port, question, *answers)
    if spec.name == "litellm":
        url = f"{engine.output(around.stack.name, 'chat_url')}{LIVENESS_PATH}"
        return _http(stack, url, _context(around.ca))
    if spec.name == "haproxy":
        # Its page for operators asks for a password at once, whichever is in force.
        url = f"http://{address}:{spec.published_port('stats')}/"
        return _http(stack, url, True, status=httpx.codes.UNAUTHORIZED)
    if spec.name.startswith(ENGINE):
        return _http(stack, f"http://{address}:{spec.published_port('http')}/health", True)
    if spec.name == "vault":
        url = f"https://{address}:{spec.published_port('https')}/v1/sys/health"
        return _http(stack, url, _authority(around.stack.settings.vault.ca_certificate))
    return None


def exchange(host: str, port: int, question: bytes, *answers: bytes) -> bool:
    """Tell whether a fresh connection gets one of the answers to the question."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(question)
            return connection.recv(64).startswith(answers)
    except OSError:
        return False


def _authority(certificate: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate)


def _context(ca: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca) if ca else None)


def _http(
    stack: ExitStack, url: str, verify: ssl.SSLContext | bool, *, status: int = httpx.codes.OK
) -> Alive:
    """Ask over a fresh connection each time: one kept open may outlive the program's readiness."""
    fresh = httpx.Limits(max_keepalive_connections=0)
    client = stack.enter_context(
        httpx.Client(verify=verify, timeout=PATIENCE_SECONDS, trust_env=False, limits=fresh)
    )

    def alive() -> bool:
        try:
            return client.get(url).status_code == status
        except httpx.HTTPError:
            return False

    return alive
