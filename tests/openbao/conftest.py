"""Fixtures: servers of a test's own, and one that runs for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ops.certificates import Authority, make_authority
from tests.openbao.server import Server, furnish, put

KEPT_ENTRY = "oracle/redis"
KEPT_WORD = "kept"


@dataclass(frozen=True, slots=True)
class Running:
    """A server with everything that the program makes once, and the program's rights there."""

    server: Server
    program: httpx.Client


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority("authority of the tests")


@pytest.fixture
def server(tmp_path: Path, authority: Authority) -> Iterator[Server]:
    """Configured but not started, for the test alone."""
    made = Server(tmp_path, authority)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Server:
    made = Server(tmp_path_factory.mktemp("furnished"), authority)
    try:
        program = made.start_ready()
        furnish(program)
        put(program, KEPT_ENTRY, word=KEPT_WORD)
    finally:
        made.stop()
    return made


@pytest.fixture
def furnished(tmp_path: Path, _furnished: Server) -> Iterator[Server]:
    """Not started, with what the program makes once and one entry, for the test alone."""
    made = _furnished.copy(tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Running]:
    """Shared: a test uses entries and roles with names of its own and leaves the server running."""
    made = Server(tmp_path_factory.mktemp("openbao"), authority)
    try:
        program = made.start_ready()
        furnish(program)
        yield Running(made, program)
    finally:
        made.stop()
