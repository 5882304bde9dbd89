"""Where the events come from: a file, standard input, or a preview that is run for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops import lab_bridge
from ops.errors import SwarmError
from ops.gate.masks import quotable
from ops.session import REPO

STREAMING = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""Without it, `pulumi preview --json` leaves out every policy event."""

_ENGINE = ("PULUMI_", "PYTHON")
"""Beginnings of variables that change what the engine does, and what the program and the pack are."""

_PASSED_ON = frozenset(
    {
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_CREDENTIALS_PATH",
        "PULUMI_CREDENTIAL_STORE",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
        "PULUMI_HOME",
        "PULUMI_OPTION_CONFIG_FILE",
        "PULUMI_OPTION_PARALLEL",
        "PULUMI_PARALLEL",
        "PULUMI_SKIP_UPDATE_CHECK",
    }
)
_STATE = ("PULUMI_DIY_BACKEND_", "PULUMI_SELF_MANAGED_STATE_")
"""Beginnings of variables that say in which form the state is kept."""


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


def from_preview(stack: str, flags: Sequence[str] = ()) -> list[str]:
    """The lines of a preview of a stack, with the pack; refused by the pack or not, it says so in its events.

    Args:
        flags: Of the engine, beside its own.

    Raises:
        SourceError: The engine did not even begin.
    """
    os.chdir(REPO)
    if stack == lab_bridge.STACK:
        lab_bridge.activate()
    command = (
        "pulumi",
        "preview",
        "--stack",
        stack,
        "--policy-pack",
        "policy",
        "--json",
        "--non-interactive",
        *flags,
    )
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, env={**environment(), STREAMING: "true"}
        )
    except FileNotFoundError as error:
        fix = 'for the lab, eval "$(./swarm env)"'
        raise SourceError(f"pulumi: must be on PATH, got nothing; {fix}") from error
    lines = done.stdout.decode("utf-8", errors="replace").splitlines()
    if not lines:
        said = done.stderr.decode("utf-8", errors="replace").strip()
        raise SourceError(
            quotable(said) or f"pulumi: must print events, got none and status {done.returncode}"
        )
    return lines


def environment() -> dict[str, str]:
    """What the engine finds: where state and plugins are, and no variable that could make it judge less.

    Each of its flags can be given as `PULUMI_OPTION_…`, `--ignore-protect` and `--policy-pack-config` too;
    others hide replacements (`PULUMI_DISABLE_PROVIDER_PREVIEW`) or put another program in place of a plugin
    (`PULUMI_DEBUG_PROVIDERS`), and a newer engine may know more.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_ENGINE) or name in _PASSED_ON or name.startswith(_STATE)
    }
