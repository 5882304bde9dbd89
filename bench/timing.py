"""Time one command, and take turns between programs so that their ratio holds on a noisy machine."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import nodes, paths
from lab.process import StepError
from lab.steps import Steps

TIMEOUT_SECONDS = 1800
_GIVE_UP_SECONDS = 60
"""How long an interrupted engine may take to finish what it has begun."""


def timed(argv: Sequence[str], *, log: str, cwd: Path, env: Mapping[str, str], connect: bool = True) -> float:
    """Seconds that a command takes; the connections to the nodes are opened before the clock starts.

    Args:
        connect: Whether the command contacts the nodes at all.

    The command gets a process group of its own. Otherwise ^C would reach engine and bench at once, and the
    bench would clean the nodes while the engine still makes containers there.

    Raises:
        StepError: It failed, so its time means nothing; the output is in the log named `log`.
    """
    if connect:
        nodes.open_masters()
    file = paths.log_dir() / f"{log}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as out:
        start = time.perf_counter()
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            cwd=cwd, env={**os.environ, **env},
        )  # fmt: skip
        try:
            status = process.wait(TIMEOUT_SECONDS)
        except BaseException:
            _end(process)
            raise
        seconds = time.perf_counter() - start
    if status != 0:
        raise StepError(f"{' '.join(argv)[:200]} ended with status {status}", file)
    return seconds


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt an engine, which then finishes what it has begun; kill it where it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_GIVE_UP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass
class Subject:
    """Something to measure: how to run each of its operations, and the times so far."""

    name: str
    operations: Mapping[str, Callable[[], float]]
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def run(self, operation: str) -> None:
        """Run an operation and keep its time; one that the subject does not have takes none."""
        if operation in self.operations:
            self.seconds.setdefault(operation, []).append(self.operations[operation]())


def take_turns(
    steps: Steps, subjects: Sequence[Subject], groups: Sequence[Sequence[str]], *, rounds: int
) -> None:
    """Run every operation of every subject, A B A B; the next round starts with the other one.

    Args:
        groups: The operations of a round, which ends where it began: with nothing deployed. Subjects change
            after each group: after every operation where they can be deployed side by side, else at the end.
    """
    for number in range(rounds):
        ordered = subjects if number % 2 == 0 else subjects[::-1]
        with steps.step(f"round {number + 1} of {rounds}: {', '.join(item.name for item in ordered)}"):
            for group in groups:
                for subject in ordered:
                    for operation in group:
                        subject.run(operation)
