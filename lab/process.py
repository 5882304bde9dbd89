"""Run programs for the lab: output into a log file, and an error that an operator can act on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import paths

TAIL_LINES = 20
"""Lines of a failed step's log that the operator sees."""

INTERRUPT_SECONDS = 60.0
"""How long an interrupted program may take to finish what it has begun, before it is ended."""

TERMINATE_SECONDS = 5.0

_begun: set[Path] = set()
"""Logs that this run has written to: its first command empties a log, the others append."""


@dataclass
class StepError(Exception):
    """A step of the lab failed.

    Attributes:
        what: One line: what failed.
        log: File with the whole output, if there is one.
        cause: The likely cause, in the operator's terms.
        hint: The command to try next.
    """

    what: str
    log: Path | None = None
    cause: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """All that the operator needs on one screen: failure, end of the log, cause and next command."""
        lines = [self.what]
        if self.log is not None and self.log.exists():
            tail = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            lines += [f"last lines of {self.log}:", *(f"  | {line}" for line in tail)]
        if self.cause:
            lines.append(f"likely cause: {self.cause}")
        if self.hint:
            lines.append(f"try: {self.hint}")
        return "\n".join(lines)


def logged(
    argv: Sequence[str | Path],
    *,
    log: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout_seconds: float | None = None,
    cause: str = "",
    hint: str = "",
) -> None:
    """Run a long program with its output in the log file named `log`, which the first of a run empties.

    The program gets a session of its own, so that ^C reaches it once and through `end` alone: Pulumi takes a
    second interrupt as the order to stop at once, and then leaves its stack locked.

    Args:
        env: Additions to the environment of this process.

    Raises:
        StepError: The program could not be started, failed or ran out of time.
    """
    file = paths.log_dir() / f"{log}.log"
    command = [str(part) for part in argv]
    with os.fdopen(_open_log(file), "wb") as out:
        out.write(f"$ {' '.join(command)}\n".encode())
        out.flush()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
            _communicate(process, stdin, timeout_seconds)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StepError(f"{command[0]}: {error}", file, cause, hint) from error
    if process.returncode != 0:
        raise StepError(
            f"{' '.join(command)[:200]} ended with status {process.returncode}", file, cause, hint
        )


def shown(argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> int:
    """Run a long program with its output on the terminal, ended as `logged` ends one, and return its status.

    Raises:
        StepError: The program could not be started.
    """
    try:
        process = subprocess.Popen(argv, cwd=cwd, env={**os.environ, **env}, start_new_session=True)
    except OSError as error:
        raise StepError(f"{argv[0]}: {error}") from error
    _communicate(process, None, None)
    return process.returncode


def _open_log(file: Path) -> int:
    """Open a log for appending, readable by its owner alone: programs print what they are given."""
    file.parent.mkdir(parents=True, exist_ok=True)
    emptied = 0 if file in _begun else os.O_TRUNC
    _begun.add(file)
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | emptied, 0o600)
    os.fchmod(opened, 0o600)
    return opened


def _communicate(
    process: subprocess.Popen[bytes], stdin: bytes | None, timeout_seconds: float | None
) -> None:
    with process:
        try:
            process.communicate(stdin, timeout=timeout_seconds)
        except BaseException:
            end(process)
            raise


def end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt a program of its own session once and let it finish; end the session where it does not.

    A second ^C while this waits cuts the wait short.
    """
    process.send_signal(signal.SIGINT)
    try:
        process.wait(INTERRUPT_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        _end_session(process, signal.SIGTERM, signal.SIGKILL)


def _end_session(process: subprocess.Popen[bytes], *signals: signal.Signals) -> None:
    for each in signals:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, each)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TERMINATE_SECONDS)


def output(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    timeout_seconds: float = 60,
) -> str:
    """Run a short program and return its standard output, stripped.

    Raises:
        StepError: The program could not be started, failed or ran out of time; its output is in the message.
    """
    command = [str(part) for part in argv]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=cwd,
            input=stdin,
            check=False,
            env={**os.environ, **(env or {})},
            timeout=timeout_seconds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StepError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise StepError(f"{' '.join(command)[:200]} ended with status {done.returncode}: {said}")
    return done.stdout.strip()


def succeeds(argv: Sequence[str | Path], *, timeout_seconds: float = 30) -> bool:
    """Tell whether a short program ends with status 0; a program that is not there counts as failure."""
    try:
        output(argv, timeout_seconds=timeout_seconds)
    except StepError:
        return False
    return True
