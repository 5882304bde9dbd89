"""Programs that no Debian, Python or npm package carries, compiled from their Go modules.

A folder here is a module that names one program and holds the checksums of all that it uses; the results lie
in the cache beside the engine, which is built with the same flags and shares most of what they need.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab import paths
from lab.engine import build, gotool
from lab.process import logged
from lab.steps import Steps

FOLDER: Final = paths.REPO / "lab" / "programs"
_LINKER_FLAGS: Final = "-s -w"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One executable."""

    name: str
    """Of the folder with its module, and of the file."""

    package: str

    @property
    def sources(self) -> Path:
        """Folder of its module."""
        return FOLDER / self.name


ACTIONLINT: Final = Program(name="actionlint", package="github.com/rhysd/actionlint/cmd/actionlint")
"""Reads the workflows of pull requests; no image has it."""

CONSUL: Final = Program(name="consul", package="github.com/hashicorp/consul")


def ensure(steps: Steps, program: Program, arch: str) -> Path:
    """Have the program for an architecture, `amd64` or `arm64`, and return its file; new, it takes minutes.

    Raises:
        StepError: The build failed.
    """
    named = paths.hash_tree([program.sources], build.FLAGS, _LINKER_FLAGS, program.package, arch)
    target = paths.cache_dir() / "programs" / f"{program.name}-{named}" / program.name
    with build.exclusive(steps):
        if target.exists():
            return target
        go = gotool.find()
        gotool.ensure(steps, go)
        partial = target.with_name(f"{target.name}{build.PARTIAL}")
        with steps.step(f"build {program.name} {arch}") as step:
            _compile(go, program, arch, partial)
            step.note = f"{partial.stat().st_size / 1e6:.0f} MB"
        partial.rename(target)
    return target


def _compile(go: gotool.Go, program: Program, arch: str, target: Path) -> None:
    logged(
        (go.binary, "build", "-ldflags", _LINKER_FLAGS, "-o", target, program.package),
        log=f"program-{program.name}-{arch}",
        cwd=program.sources,
        env={**build.go_environment(), "GOARCH": arch},
        timeout_seconds=build.BUILD_SECONDS,
        cause=f"the Go module proxy was not reached, or {paths.cache_dir()} has less than 6 GB left",
        hint="go env GOPROXY; df -h; then run the same command again, what is compiled stays",
    )
