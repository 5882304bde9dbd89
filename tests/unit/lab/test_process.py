"""How long programs are run: ^C lets them finish, and their logs are the run's own."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import paths, process
from lab.process import StepError

SLOW_TO_END = """
trap 'sleep 1; echo finished >> "$0.said"; exit 3' INT
touch "$0.ready"
while :; do sleep 0.05; done
"""
DEAF = "trap '' INT TERM; touch \"$0.ready\"; while :; do sleep 0.05; done"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISWARM_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def terminal() -> Iterator[None]:
    """Take interrupts as on a terminal: what a shell starts in the background ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_once(ready: Path, times: int = 1) -> threading.Thread:
    """Send this process what a terminal sends it on ^C, as soon as the program under test runs."""

    def wait_and_send() -> None:
        deadline = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < deadline:
            os.sched_yield()
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)

    thread = threading.Thread(target=wait_and_send)
    thread.start()
    return thread


def test_an_interrupted_program_may_finish_what_it_has_begun(tmp_path: Path) -> None:
    thread = interrupt_once(tmp_path / "x.ready")

    with pytest.raises(KeyboardInterrupt):
        process.logged(("sh", "-c", SLOW_TO_END, tmp_path / "x"), log="slow")
    thread.join()

    assert (tmp_path / "x.said").read_text() == "finished\n"


@pytest.mark.parametrize("times", [1, 2])
def test_a_program_that_ignores_the_interrupt_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(process, "INTERRUPT_SECONDS", 0.2 if times == 1 else 30)
    monkeypatch.setattr(process, "TERMINATE_SECONDS", 0.2)
    started: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(subprocess, "Popen", recording(started))
    thread = interrupt_once(tmp_path / "x.ready", times)

    with pytest.raises(KeyboardInterrupt):
        process.logged(("sh", "-c", DEAF, tmp_path / "x"), log="deaf")
    thread.join()

    assert [each.returncode for each in started] == [-signal.SIGKILL]


def recording(started: list[subprocess.Popen[bytes]]) -> Callable[..., subprocess.Popen[bytes]]:
    popen = subprocess.Popen

    def start(*args: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(popen(*args, **options))  # type: ignore[call-overload]  # handed on as given
        return started[-1]

    return start


def test_a_program_that_takes_too_long_is_a_failed_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "INTERRUPT_SECONDS", 5.0)

    with pytest.raises(StepError, match="timed out after"):
        process.logged(("sleep", "30"), log="sleep", timeout_seconds=0.2)


def test_the_first_command_of_a_run_empties_its_log_and_the_others_append() -> None:
    log = paths.log_dir() / "step.log"
    log.parent.mkdir(parents=True)
    log.write_text("an older run")

    process.logged(("echo", "one"), log="step")
    process.logged(("cat",), log="step", stdin=b"two")

    assert log.read_text() == "$ echo one\none\n$ cat\ntwo"
    assert log.stat().st_mode & 0o777 == 0o600
