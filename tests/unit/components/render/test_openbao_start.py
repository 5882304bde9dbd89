"""The start script of the server, run for real with a program that writes an audit log as the server does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.render import openbao_start

ROTATE_BYTES = 2000

SERVER = f"""#!{sys.executable} -S
import os, pathlib, signal, sys, time
folder = pathlib.Path(os.environ["FOLDER"])
(folder / "started").write_text(" ".join([str(os.getpid()), *sys.argv[1:]]))
def reopen(*_):
    global log
    log = os.open(folder / "audit.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
signal.signal(signal.SIGHUP, reopen)
while not (folder / "write").exists():
    time.sleep(0.01)
reopen()
number = 0
while not (folder / "stop").exists():
    os.write(log, b"line %d\\n" % number)
    number += 1
    time.sleep(0.0002)
(folder / "written").write_text(str(number))
"""
"""Opens its file anew on a hangup only, and goes on writing into the old one until then."""

SLEEP = """#!/bin/sh
echo >>"$FOLDER/looks"
if [ -e "$FOLDER/halt" ]; then touch "$FOLDER/halted"; exec /bin/sleep 600; fi
exec /bin/sleep "$1"
"""


@dataclass(frozen=True)
class Running:
    """The started script, and the folder that it works in."""

    folder: Path
    process: subprocess.Popen[str]

    def until(self, holds: Callable[[], object]) -> None:
        """Wait for it, while the script runs."""
        deadline = time.monotonic() + 60
        while not holds():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def looks(self, more: int) -> Callable[[], bool]:
        """Whether the script has looked at the files so often again."""
        file = self.folder / "looks"

        def count() -> int:
            return len(file.read_text()) if file.exists() else 0

        wanted = count() + more
        return lambda: count() >= wanted

    def stop(self) -> int:
        """End first the watching, then the writing; return how many lines there were."""
        (self.folder / "halt").touch()
        self.until((self.folder / "halted").exists)
        (self.folder / "stop").touch()
        assert self.process.wait(timeout=60) == 0
        return int((self.folder / "written").read_text())

    def logs(self) -> dict[str, list[int]]:
        """Numbers of the lines in each of the files."""
        return {
            file.name: [int(line.removeprefix("line ")) for line in file.read_text().splitlines()]
            for file in self.folder.glob("audit.log*")
        }


@contextmanager
def started(folder: Path) -> Iterator[Running]:
    programs = folder / "bin"
    programs.mkdir()
    script = openbao_start.server_start(config_file="/etc/vault.hcl", audit_file=f"{folder}/audit.log")
    for file, text in (
        (folder / "start.sh", script),
        (programs / "bao", SERVER),
        (programs / "sleep", SLEEP),
    ):
        file.write_text(text)
        file.chmod(0o755)
    with subprocess.Popen(
        ["sh", str(folder / "start.sh")],
        env={"PATH": f"{programs}:{os.environ['PATH']}", "FOLDER": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # its second half outlives it, where no container ends with it
    ) as process:
        try:
            yield Running(folder, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(openbao_start, "CHECK_SECONDS", 0.02)
    monkeypatch.setattr(openbao_start, "ROTATE_BYTES", ROTATE_BYTES)
    with started(tmp_path) as made:
        yield made


def test_the_server_takes_the_place_of_the_script(running: Running) -> None:
    """So it gets the container's signals itself."""
    running.until((running.folder / "started").exists)
    running.until((running.folder / "started").read_text)

    assert (running.folder / "started").read_text() == (
        f"{running.process.pid} server -config=/etc/vault.hcl"
    )


def test_a_large_audit_log_is_set_aside_and_no_line_is_lost(running: Running) -> None:
    running.until(running.looks(3))  # there is no file yet, which must not end the watching
    (running.folder / "write").touch()
    running.until((running.folder / "audit.log.2").exists)
    running.until((running.folder / "audit.log").exists)
    written = running.stop()

    logs = running.logs()
    assert {"audit.log", "audit.log.1", "audit.log.2"} <= set(logs)
    assert [number for name in sorted(logs, reverse=True) for number in logs[name]] == list(range(written))


def test_the_oldest_log_makes_room(running: Running) -> None:
    """So that the logs together have a limit: the volume has none of its own."""
    (running.folder / "write").touch()
    oldest = running.folder / f"audit.log.{openbao_start.ROTATED_FILES}"
    running.until(lambda: oldest.exists() and not oldest.read_text().startswith("line 0\n"))
    written = running.stop()

    logs = running.logs()
    assert set(logs) - {"audit.log"} == {
        f"audit.log.{number}" for number in range(1, openbao_start.ROTATED_FILES + 1)
    }
    in_order = [number for name in sorted(logs, reverse=True) for number in logs[name]]
    assert in_order[0] > 0
    assert in_order == list(range(in_order[0], written))


def test_a_small_audit_log_stays(running: Running) -> None:
    (running.folder / "audit.log").write_text("x" * (ROTATE_BYTES - 1))
    running.until(running.looks(3))
    assert not (running.folder / "audit.log.1").exists()

    (running.folder / "audit.log").write_text("x" * ROTATE_BYTES)
    running.until((running.folder / "audit.log.1").exists)

    assert (running.folder / "audit.log.1").read_text() == "x" * ROTATE_BYTES


MV = """#!/bin/sh
if [ -e "$FOLDER/$(basename "$2").stays" ]; then exit 1; fi
exec /bin/mv "$@"
"""


@pytest.mark.parametrize("name", ["audit.log", "audit.log.1"])
def test_a_move_that_fails_is_tried_again(running: Running, name: str) -> None:
    """Otherwise the log would grow without a limit from then on, and nobody would be told."""
    stays = running.folder / f"{name}.stays"
    stays.touch()
    (running.folder / "bin" / "mv").write_text(MV)
    (running.folder / "bin" / "mv").chmod(0o755)
    (running.folder / "audit.log.1").write_text("older")
    (running.folder / "audit.log").write_text("x" * ROTATE_BYTES)
    running.until(running.looks(5))
    assert (running.folder / "audit.log").read_text() == "x" * ROTATE_BYTES

    stays.unlink()

    def has_moved() -> bool:
        with suppress(FileNotFoundError):  # being moved
            return (running.folder / "audit.log.1").read_text() == "x" * ROTATE_BYTES
        return False

    running.until(has_moved)
