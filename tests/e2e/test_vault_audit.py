"""The audit log: no request goes unwritten, whichever of its two devices fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lab import nodes
from ops.certificates import make_authority
from ops.stack import Stack
from tests.e2e.vault import (
    AUDIT_FILE,
    AUDIT_FOLDER,
    SERVER,
    Audit,
    await_active,
    hang_up,
    health,
    program,
    request_ids,
    server_log,
    timed,
)
from tests.e2e.waiting import eventually
from tests.openbao.server import PULUMI_ID, Server

SMALL = 64 * 1024
LARGE = 64 * 1024 * 1024
"""Size from which the server sets its file aside."""

FAILED = "[ERROR] audit: backend failed to log request: backend=disk/"
"""Of a full volume, OpenBao says `file already closed`."""


def on_oracle(command: str) -> str:
    return nodes.ssh("oracle", command)


def ask(ours: httpx.Client, times: int = 1) -> set[str]:
    """Ask for something that is audited, and return the ids of the requests."""
    return {str(ours.get("sys/mounts").raise_for_status().json()["request_id"]) for _ in range(times)}


@pytest.fixture
def ours(deployed: Stack) -> Iterator[httpx.Client]:
    with program(deployed) as ours:
        yield ours


@pytest.fixture
def unwritable(deployed: Stack) -> Iterator[Audit]:
    """A folder is where the file was, and the server has been told to open it."""
    audit = Audit.begin()
    on_oracle(f"mv {AUDIT_FILE} {AUDIT_FILE}.kept && mkdir {AUDIT_FILE}")
    hang_up()
    yield audit
    on_oracle(f"rmdir {AUDIT_FILE}; mv {AUDIT_FILE}.kept {AUDIT_FILE}")
    hang_up()
    with program(deployed) as ours:
        eventually(lambda: ask(ours) <= request_ids(audit.written()), within_seconds=20)


def test_a_file_that_cannot_be_opened_is_reported_and_the_other_device_has_everything(
    deployed: Stack, ours: httpx.Client, unwritable: Audit
) -> None:
    """The server says so when it is told to open the file, and again for every request."""
    eventually(lambda: "audit.log: is a directory" in server_log(unwritable.since), within_seconds=20)

    asked = ask(ours, times=5)

    assert asked <= request_ids(unwritable.printed())
    assert server_log(unwritable.since).count(FAILED) >= len(asked)
    assert health(deployed) == 200


@pytest.fixture
def small_volume(deployed: Stack) -> Iterator[Audit]:
    """The audit volume has room for some dozen requests only."""
    options = f"size={SMALL},uid=100,gid=1000,mode=0700"
    on_oracle(f"mount -t tmpfs -o {options} tmpfs {AUDIT_FOLDER} && docker restart {SERVER}")
    await_active(deployed)
    yield Audit.begin()
    on_oracle(f"umount {AUDIT_FOLDER} && docker restart {SERVER}")
    await_active(deployed)


def test_a_full_volume_is_reported_and_the_other_device_has_everything(
    deployed: Stack, small_volume: Audit
) -> None:
    """Once there is room again, the server goes on writing without being told."""
    with program(deployed) as ours:
        asked = ask(ours, times=60)

    assert asked <= request_ids(small_volume.printed())
    assert not asked <= request_ids(small_volume.written())
    assert FAILED in server_log(small_volume.since)
    assert health(deployed) == 200

    on_oracle(f"truncate -s 0 {AUDIT_FILE}")
    with program(deployed) as ours:
        assert ask(ours, times=2) <= request_ids(small_volume.written())


def test_without_any_device_every_request_is_refused(tmp_path: Path) -> None:
    """On a server of its own: the lab's cannot be kept from writing to Docker's pipe."""
    server = Server(tmp_path, make_authority("authority of the test"))
    try:
        server.start_ready()
        server.stop()
        server.audit_file.unlink()
        server.audit_file.mkdir()
        (tmp_path / "server.log").unlink()
        (tmp_path / "server.log").symlink_to("/dev/full")
        server.start()
        server.wait_until(lambda: server.health() == 200)

        answer = server.client().post("auth/pulumi/login", json={"role_id": "pulumi", "secret_id": PULUMI_ID})
    finally:
        server.stop()

    assert answer.status_code == 500
    assert "auth" not in answer.json()


def test_a_large_file_is_set_aside_and_no_request_is_lost(ours: httpx.Client) -> None:
    on_oracle(f"truncate -s {LARGE} {AUDIT_FILE}")
    audit = Audit.begin()
    asked: set[str] = set()

    def rotated() -> bool:
        asked.update(ask(ours))
        return int(on_oracle(f"stat -c %s {AUDIT_FILE} || echo {LARGE}")) < LARGE

    with timed("large audit file set aside"):
        eventually(rotated, within_seconds=60, poll_seconds=0.1)
    asked |= ask(ours, times=3)

    written = Audit(audit.since, 0).written()
    before = Audit(audit.since, audit.size).written(f"{AUDIT_FILE}.1")
    on_oracle(f"cp -p {AUDIT_FILE}.1 {AUDIT_FILE}.text && tr -d '\\0' <{AUDIT_FILE}.1 >{AUDIT_FILE}.text")
    on_oracle(f"mv {AUDIT_FILE}.text {AUDIT_FILE}.1")
    assert asked <= request_ids(before + written)
    assert asked & request_ids(written)
    assert asked & request_ids(before)
