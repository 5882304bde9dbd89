"""Where the events come from: a file, standard input, or a preview that is run for it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ops import lab_bridge
from ops.errors import SwarmError
from ops.session import REPO

STREAMING = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""Without it, `pulumi preview --json` leaves out every policy event."""

_IGNORE_PROTECT = "PULUMI_OPTION_IGNORE_PROTECT"
"""Stands for the flag `--ignore-protect`: a preview with it says nothing about one without."""


@dataclass
class SourceError(SwarmError):
    """There are no events to judge."""

    said: str

    def __str__(self) -> str:
        """Why."""
        return self.said


def from_file(path: Path | None) -> list[str]:
    """The lines of a file, or of standard input.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        content = path.read_bytes() if path else sys.stdin.buffer.read()
    except OSError as error:
        raise SourceError(f"{path or 'standard input'}: must be readable, got {error.strerror}") from error
    # One broken byte spoils its own line alone, and that line is then missing evidence.
    return content.decode("utf-8", errors="replace").splitlines()


def from_preview(stack: str) -> list[str]:
    """The lines of a preview of a stack, with the pack; refused by the pack or not, it says so in its events.

    Raises:
        SourceError: The engine did not even begin.
    """
    os.chdir(REPO)
    if stack == lab_bridge.STACK:
        lab_bridge.activate()
    env = {**os.environ, STREAMING: "true"}
    env.pop(_IGNORE_PROTECT, None)
    command = (
        "pulumi",
        "preview",
        "--stack",
        stack,
        "--policy-pack",
        "policy",
        "--json",
        "--non-interactive",
    )
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=env)
    except FileNotFoundError as error:
        fix = 'for the lab, eval "$(./swarm env)"'
        raise SourceError(f"pulumi: must be on PATH, got nothing; {fix}") from error
    lines = done.stdout.decode("utf-8", errors="replace").splitlines()
    if not lines:
        said = done.stderr.decode("utf-8", errors="replace").strip()
        raise SourceError(said or f"pulumi: must print events, got none and status {done.returncode}")
    return lines
