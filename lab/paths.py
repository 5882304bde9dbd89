"""Where the lab keeps what outlives a run: builds in the cache, the running lab in the state.

Both are per user and machine, not per checkout: a second clone reuses the engine and finds the running lab.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
"""The checkout that this code runs from."""


def _base(variable: str, xdg_variable: str, fallback: str) -> Path:
    if chosen := os.environ.get(variable):
        return Path(chosen).resolve()
    return Path(os.environ.get(xdg_variable) or Path.home() / fallback) / "aiswarm"


def cache_dir() -> Path:
    """Everything that can be rebuilt; `make clean-cache` removes it. Override with `AISWARM_CACHE`."""
    return _base("AISWARM_CACHE", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """The running lab: keys, known hosts, Pulumi state. Override with `AISWARM_STATE`."""
    return _base("AISWARM_STATE", "XDG_STATE_HOME", ".local/state")


def log_dir() -> Path:
    """One log file per long step; the first command of the next run of that step empties it."""
    return cache_dir() / "logs"


def hash_tree(paths: Iterable[Path], *extra: str) -> str:
    """Name a build by its inputs: 16 hex digits over file names, contents and the extra strings.

    Directories are walked; byte code is left out. Paths count relative to the checkout, so two clones agree.
    """
    digest = hashlib.sha256()
    for path in sorted(paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(REPO)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    for text in extra:
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]
