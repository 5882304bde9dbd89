"""The stack file as commands change it: through the engine, which encrypts and keeps the rest of the file."""

from __future__ import annotations

import subprocess

from components.config.settings import NAMESPACE
from ops.stack import EngineError, pulumi


def count_path(section: str, name: str) -> str:
    """Path of a counter below a section, e.g. `aiswarm:epochs["redis-password"]`."""
    return f'{NAMESPACE}:{section}["{name}"]'


def set_count(stack: str, section: str, name: str, count: int) -> None:
    """Write a counter.

    Raises:
        EngineError: The engine refused; the file is as it was.
    """
    pulumi("config", "set", "--path", count_path(section, name), str(count), "--stack", stack)


def remove_count(stack: str, section: str, name: str) -> None:
    """Remove a counter.

    Raises:
        EngineError: The engine refused; the file is as it was.
    """
    pulumi("config", "rm", "--path", count_path(section, name), "--stack", stack)


def set_text(stack: str, path: str, text: str, *, secret: bool) -> None:
    """Write a text below `aiswarm:`. It goes over standard input, so no list of processes shows it.

    The engine drops one newline at its end.

    Raises:
        EngineError: The engine refused; the file is as it was.
    """
    kind = "--secret" if secret else "--plaintext"
    done = subprocess.run(
        ("pulumi", "config", "set", "--path", f"{NAMESPACE}:{path}", kind, "--stack", stack),
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EngineError(done.stderr.strip() or done.stdout.strip())
