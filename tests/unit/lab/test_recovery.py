"""After a killed engine the next `make up` goes on by itself; while one lives, nobody is pushed aside."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import environment, recovery
from ops import recover, stack
from ops.recover import Found, Orphan

LOST = Orphan("oracle", "container", "oracle-redis", "1f")


@pytest.fixture(autouse=True)
def did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A state of the test's own, and a record of what is done to the stack."""
    done: list[str] = []
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path))
    monkeypatch.setattr(stack, "read", lambda name: name)
    monkeypatch.setattr(recover, "look", lambda _: Found((LOST,), {}))
    monkeypatch.setattr(recover, "free", lambda name, **_: done.append(f"free {name}"))
    monkeypatch.setattr(recover, "remove", lambda _, orphan: done.append(f"remove {orphan.name}"))
    return done


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[int]:
    """The process id of a program that is called as the engine is."""
    program = tmp_path / recovery.ENGINE
    program.symlink_to(os.path.realpath(sys.executable))
    running = subprocess.Popen([program, "-c", "input()"], stdin=subprocess.PIPE)
    yield running.pid
    running.communicate(b"\n")


def ended() -> int:
    """The process id of a program that has ended."""
    program = subprocess.Popen([sys.executable, "-c", ""])
    program.wait()
    return program.pid


def lock(pid: int, hostname: str = "") -> None:
    folder = environment.backend() / ".pulumi" / "locks" / "organization" / "aiswarm" / "lab"
    folder.mkdir(parents=True, exist_ok=True)
    owner = {"pid": pid, "username": "somebody", "hostname": hostname or socket.gethostname()}
    (folder / f"{pid}.json").write_text(json.dumps(owner))
    (folder / f"{pid}.json.attrs").write_text("{}")


def test_a_killed_engine_is_recovered_from(did: list[str]) -> None:
    lock(ended())

    assert recovery.free_of_the_dead() == "the lock of a killed engine removed, 1 orphans removed"
    assert did == ["free lab", "remove oracle-redis"]


def test_another_program_with_the_number_of_the_killed_engine_is_not_taken_for_it(did: list[str]) -> None:
    lock(os.getpid())

    recovery.free_of_the_dead()

    assert did == ["free lab", "remove oracle-redis"]


def test_without_a_lock_nothing_is_touched(did: list[str]) -> None:
    assert recovery.free_of_the_dead() == ""
    assert did == []


def test_an_engine_at_work_keeps_its_lock(did: list[str], engine: int) -> None:
    lock(ended())
    lock(engine)

    assert recovery.free_of_the_dead() == ""
    assert did == []


def test_of_another_machines_engine_nobody_can_tell(did: list[str]) -> None:
    lock(ended(), hostname="elsewhere")

    assert recovery.free_of_the_dead() == ""
    assert did == []
