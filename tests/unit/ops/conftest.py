"""A stack of the lab's committed settings, without engine and hosts; and a real Vault server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import paths
from ops import stack
from ops.stack import Stack
from tests.unit.ops.vault_server import Server, described, running


@pytest.fixture(scope="session")
def lab_stack() -> Stack:
    """The stack `lab` as committed."""
    return stack.committed("lab", paths.REPO)


@pytest.fixture(scope="session")
def vault_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real OpenBao, prepared as the program would find it."""
    with running(tmp_path_factory.mktemp("vault")) as server:
        yield server


@pytest.fixture
def vault_server(vault_process: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The same, known to the engine."""
    described(vault_process, monkeypatch)
    return vault_process
