"""A stand-in for a node: a folder, a fake `docker` on the PATH, and the real script that delivers files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.deploy.archive import pack
from components.deploy.files import RUN, standard_input
from components.model.files import ConfigFile

AGENT = "oracle-agent"
IMAGE = f"registry.test/haproxy:3@sha256:{'b' * 64}"
USER = "4321:8765"

FAKE_DOCKER = """#!/bin/sh
printf '%s\\n' "$*" >>"$FAKE/calls"
case $1 in
ps) if [ -e "$FAKE/running" ]; then echo 4cafe; fi ;;
inspect) cat "$FAKE/running" ;;
restart)
  if [ -e "$FAKE/slow" ]; then sleep 1; fi
  if [ -e "$FAKE/fetched" ]; then cp "$FAKE"/fetched/* "$FAKE/rendered/"; fi ;;
exec)
  container=$2
  shift 2
  if [ "$container" = oracle-agent ]; then "$@"; exit; fi
  if [ -e "$FAKE/victim" ]; then kill $(cat "$FAKE/victim"); fi
  if [ -e "$FAKE/refuses" ]; then echo 'line 3: unknown keyword' >&2; exit 1; fi
  "$@" ;;
esac
"""

CHECK = """#!/bin/sh
secret=$(sed -n 's/^opens //p' "$1/config/site.cfg")
text=$(cat "$1/secrets/${secret:-password}") || exit 1
[ "$text" != mismatched ] || { echo 'the key does not match the certificate'; exit 1; }
"""
"""Opens the secret that the configuration names, as programs do when they check themselves."""


@dataclass(frozen=True)
class Host:
    """A stand-in for a node: the service's folder, and what the fake Docker was asked."""

    folder: Path
    fake: Path

    def arguments(self, reload: bool) -> list[str]:
        """The script's arguments after the owner."""
        check = [str(self.fake / "check"), str(self.folder)] if reload else []
        rendered = str(self.fake / "rendered" / self.folder.name)
        return ["haproxy", IMAGE, AGENT, rendered, "HUP" if reload else "", *check]

    def render(self, version: str, *, once_started: bool = False) -> None:
        """Let the fake agent have rendered this version, or do so when it is started again."""
        folder = self.fake / ("fetched" if once_started else "rendered")
        folder.mkdir(exist_ok=True)
        partial = self.fake / f"{self.folder.name}.partial"
        partial.write_text(version)
        partial.replace(folder / self.folder.name)

    def start(self, *, reload: bool = False, shell: str = "dash") -> subprocess.Popen[str]:
        """Start the script; it waits for its standard input."""
        return subprocess.Popen(
            [shell, "-c", RUN, "deliver", str(self.folder), USER, *self.arguments(reload)],
            env={"PATH": f"{self.fake}:{os.environ['PATH']}", "FAKE": str(self.fake)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def deliver(
        self,
        archive: str,
        *,
        reload: bool = False,
        shell: str = "dash",
        version: str = "",
        fixed: Iterable[str] = (),
    ) -> tuple[int, str]:
        """Run the script to its end: its status, and all that it said."""
        process = self.start(reload=reload, shell=shell)
        given = standard_input(archive, version=version, fixed=fixed)
        said, complained = process.communicate(given, timeout=30)
        return process.returncode, said + complained

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """Let the fake Docker have a running container, and yield its program."""
        # A run under `nohup` hands an ignored hangup down, and the program would never end.
        with subprocess.Popen(["env", "--default-signal=HUP", "sleep", "60"]) as program:
            (self.fake / "running").write_text(str(program.pid))
            try:
                yield program
            finally:
                program.kill()

    def files(self) -> dict[str, str]:
        """Text of every file in the service's folder, but for the names that the script keeps for itself."""
        return {
            str(path.relative_to(self.folder)): path.read_text()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != ".fixed"
        }

    def calls(self) -> list[str]:
        """What Docker was asked."""
        log = self.fake / "calls"
        return log.read_text().splitlines() if log.exists() else []


def archive(password: str = "one", **config: str) -> str:  # noqa: S107 - nobody's
    """A service's files: one secret, and the configuration files that are named."""
    names = {"site": "site.cfg", "extra": "errors/503.http", "deep": "errors/more/deep.txt"}
    files = [ConfigFile(name=names[key], text=text) for key, text in config.items()]
    return pack(files, {"password": password}, USER)


OLD = {"config/site.cfg": "old", "secrets/password": "one"}
