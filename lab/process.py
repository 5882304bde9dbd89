"""Run programs for the lab: output into a log file, and an error that an operator can act on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import paths

TAIL_LINES = 20
"""Lines of a failed step's log that the operator sees."""


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
    """Run a long program with its output appended to the log file named `log`.

    Args:
        env: Additions to the environment of this process.

    Raises:
        StepError: The program could not be started, failed or ran out of time.
    """
    file = paths.log_dir() / f"{log}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    command = [str(part) for part in argv]
    with file.open("ab") as out:
        out.write(f"$ {' '.join(command)}\n".encode())
        out.flush()
        try:
            done = subprocess.run(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                input=stdin,
                check=False,
                env={**os.environ, **(env or {})},
                timeout=timeout_seconds,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StepError(f"{command[0]}: {error}", file, cause, hint) from error
    if done.returncode != 0:
        raise StepError(f"{' '.join(command)[:200]} ended with status {done.returncode}", file, cause, hint)


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
