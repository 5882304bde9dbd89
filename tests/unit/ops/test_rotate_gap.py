"""Time away as it is measured: against a service that goes and comes, and against real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from ops.rotate import gap
from ops.rotate.gap import Watch, exchange, watching
from ops.rotate.proofs import Surroundings
from ops.stack import Stack
from tests.e2e.waiting import eventually


class Service:
    """Answers or does not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.up = True
        self.asked = 0

    def alive(self) -> bool:
        """Answer."""
        self.asked += 1
        return self.up

    def polled(self) -> None:
        """Wait until it was asked once more from the beginning."""
        before = self.asked
        eventually(lambda: self.asked >= before + 2, within_seconds=5, poll_seconds=0.01)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap, "POLL_SECONDS", 0.01)


def test_a_service_that_stays_was_never_away() -> None:
    service = Service()

    with Watch(service.alive) as watch:
        service.polled()

    assert watch.away_seconds == 0


def test_all_times_away_are_added_up() -> None:
    service = Service()
    outside = 0.0

    with Watch(service.alive) as watch:
        for _ in range(2):
            service.polled()
            gone = time.monotonic()
            service.up = False
            service.polled()
            service.up = True
            outside += time.monotonic() - gone
            service.polled()

    assert 0 < watch.away_seconds < outside + 0.2


def test_a_service_that_does_not_come_back_is_away_to_the_end() -> None:
    service = Service()

    with Watch(service.alive) as watch:
        service.polled()
        service.up = False
        service.polled()
        service.polled()

    assert watch.away_seconds > 0


@pytest.fixture
def answering() -> Iterator[int]:
    """A server that answers anything with `+PONG`; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(64)
                connection.sendall(b"+PONG\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join()


def test_only_the_right_answer_counts(answering: int) -> None:
    assert exchange("127.0.0.1", answering, b"PING\r\n", b"+PONG", b"S")


def test_nobody_there_counts_as_away() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    assert not exchange("127.0.0.1", port, b"PING\r\n", b"+PONG")


def test_who_can_be_asked_without_a_secret_is_watched(
    lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gap, "_http", lambda *_, **__: lambda: True)
    monkeypatch.setattr(gap, "exchange", lambda *_: True)
    monkeypatch.setattr(gap, "_authority", lambda _: True)
    monkeypatch.setattr("ops.stack.output", lambda *_: "https://a")

    with watching(Surroundings(lab_stack), lab_stack.services) as watches:
        assert set(watches) == {
            "oracle-vault",
            "oracle-haproxy",
            "oracle-postgres",
            "oracle-redis",
            "oracle-litellm",
            "starlord-vllm-primary",
            "starlord-vllm-secondary",
            "thanos-vllm-backup",
        }
