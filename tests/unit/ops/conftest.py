"""A stack of the lab's committed settings, without engine and hosts; a real Vault server; an image lock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.catalogue.images import LOCK
from lab import paths
from ops import stack
from ops.images import commands
from ops.images import lock as locking
from ops.images.lockfile import LockFile
from ops.images.registry import Registry
from ops.stack import Stack
from tests.unit.ops.fake_registry import BOTH, FakeRegistry
from tests.unit.ops.image_lock import GRAFANA, REDIS, statement
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


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockFile:
    """A copy of the committed lock as it was before any registry was asked."""
    found = LockFile(tmp_path / LOCK.name)
    claims = {
        tagged: entry
        and {
            "digest": entry["digest"],
            "platforms": entry["platforms"],
            "resolved": False,
            "unproven": statement(),
        }
        for tagged, entry in LockFile().entries().items()
    }
    found.path.write_text(json.dumps(claims, indent=2) + "\n")
    monkeypatch.setattr(commands, "LockFile", lambda: found)
    return found


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, lock: LockFile) -> FakeRegistry:
    """The registry that all of the world's addresses lead to; it has Redis and Grafana."""
    assert lock.path.exists()
    fake = FakeRegistry()
    fake.index(f"library/{REDIS}", dict.fromkeys(BOTH, "999:1000"))
    fake.index(GRAFANA, dict.fromkeys(BOTH, "472"))
    monkeypatch.setattr(locking, "Registry", lambda address: Registry(address, transport=fake.transport()))
    return fake
