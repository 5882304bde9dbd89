"""A folder that stands for a machine, and the real script that prepares it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from components.deploy.files import RUN
from components.deploy.host import owner_mark, standard_input
from components.model.host import HostFile, HostFolder, HostSpec

MARK = owner_mark("test")

SYSTEMCTL = """#!/bin/sh
case $1 in show) [ -e "$FAKE/systemd" ]; exit ;; esac
printf '%s\\n' "$*" >>"$FAKE/calls"
[ ! -e "$FAKE/refuses" ]
"""
DOCKER = """#!/bin/sh
case $1 in
ps) echo 4cafe ;;
inspect) cat "$FAKE/gpu-users" ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A folder that stands for a machine, with a fake systemd and a fake Docker."""

    top: Path
    fake: Path

    @property
    def root(self) -> Path:
        """The folder that is the swarm's own."""
        return self.top / "opt/swarm"

    def spec(self, *, files: Mapping[str, str] | None = None, **more: object) -> HostSpec:
        """A preparation with these files, by path below the machine's folder."""
        return HostSpec(
            node="oracle",
            folders=(
                HostFolder(path=str(self.root), mode="0700"),
                HostFolder(path=f"{self.root}/metrics", mode="0755"),
            ),
            files=tuple(
                HostFile(path=f"{self.top}/{path}", text=text) for path, text in (files or {}).items()
            ),
            **more,  # type: ignore[arg-type]  # each test names fields of the spec
        )

    def run(self, action: str, spec: HostSpec, *, stack: str = "test") -> tuple[int, str]:
        """Run the script as the engine does; its status, and what it said."""
        mark = owner_mark(stack)
        done = subprocess.run(
            ["dash", "-c", RUN, "prepare-host", action, str(self.root), stack, mark],
            env={"PATH": f"{self.fake}:{os.environ['PATH']}", "FAKE": str(self.fake)},
            input=standard_input(spec, mark), text=True, capture_output=True, check=False, timeout=30,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def put(self, spec: HostSpec) -> str:
        """Prepare, which must work."""
        status, said = self.run("put", spec)
        assert status == 0, said
        return said

    def remove(self, spec: HostSpec) -> str:
        """Take everything back, which must work."""
        status, said = self.run("remove", spec)
        assert status == 0, said
        return said

    def files(self) -> dict[str, str]:
        """Text of every file but the script's own list."""
        found = (path for path in self.top.rglob("*") if path.is_file() and path.name != ".host-test")
        return {str(path.relative_to(self.top)): path.read_text() for path in found}

    def calls(self) -> list[str]:
        """What systemd was told."""
        log = self.fake / "calls"
        return log.read_text().splitlines() if log.exists() else []
