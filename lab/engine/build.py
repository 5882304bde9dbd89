"""Build the engine: command line, language host and docker plugin, each from a Go module of this folder.

The three share most of their dependencies in the same versions, so they are built one after another: the
second and third find most packages in the compiler's cache, and one build alone keeps every core busy.
"""

from __future__ import annotations

import fcntl
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.engine import gotool, versions
from lab.process import logged, output
from lab.steps import Steps

FLAGS = "-modcacherw -buildvcs=false -trimpath -mod=readonly"
"""Equal for all builds, else each package would be compiled more than once.

`-modcacherw` lets the cache be removed.
"""

BUILD_SECONDS = 3600

PARTIAL = ".partial"
"""Ending of a folder that is still being filled."""

SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
SDK_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
"""Scripts of the Go SDK that start programs and dynamic providers. The module cache drops their file mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One program: the folder of its module, what to compile there, and where it goes.

    The docker plugin stays out of `bin`: the engine warns about plugins on PATH, on every run.
    """

    name: str
    module: str
    package: str
    target: str
    linker_flags: str = "-s -w"
    tags: str = ""


def parts() -> tuple[Part, ...]:
    """In the order of building: the largest first, because the others reuse what it compiled."""
    stamp = f"-X {SDK_MODULE}/go/common/version.Version=v{versions.dotted(versions.cli())}"
    return (
        Part(
            name="pulumi", module="cli", package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            target="bin/pulumi", linker_flags=f"-s -w {stamp}",
        ),
        Part(name="language host", module="languagehost", package=".", target="bin/pulumi-language-python"),
        Part(
            name="docker plugin", module="dockerplugin", package=".",
            target="plugins/pulumi-resource-docker", tags="no_compose",
        ),
    )  # fmt: skip


def folder(go: gotool.Go) -> Path:
    """Where the build of these sources with this Go lies, or will lie."""
    return paths.cache_dir() / "engine" / f"{_sources()}-go{go.version}"


def newest() -> Path | None:
    """Find the last build of these sources by whatever Go: a shell without Go must find the same engine."""
    builds = (paths.cache_dir() / "engine").glob(f"{_sources()}-go*")
    complete = [build for build in builds if build.suffix != PARTIAL]
    return max(complete, key=lambda build: build.stat().st_mtime, default=None)


def _sources() -> str:
    modules = [versions.SOURCES / part.module for part in parts()]
    return paths.hash_tree(modules, FLAGS, repr(parts()), *SDK_SCRIPTS, platform.machine())


def ensure(steps: Steps, go: gotool.Go) -> Path:
    """Build unless it is there; an interrupted build leaves a `.partial` folder for the next to remove."""
    built = folder(go)
    with exclusive(steps):
        if built.exists():
            return built
        gotool.ensure(steps, go)
        partial = built.with_name(f"{built.name}{PARTIAL}")
        shutil.rmtree(partial, ignore_errors=True)
        for part in parts():
            with steps.step(f"build {part.name}") as step:
                _compile(go, part, partial / part.target)
                step.note = f"{(partial / part.target).stat().st_size / 1e6:.0f} MB"
        _copy_scripts(go, partial / "bin")
        partial.rename(built)
    return built


@contextmanager
def exclusive(steps: Steps) -> Iterator[None]:
    """Hold the cache alone: two runs would build twice, and remove each other's half-built folder."""
    file = paths.cache_dir() / "engine" / "lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with steps.step("wait for the engine build of another run"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def go_environment() -> dict[str, str]:
    """Additions for Go: what it stores lies in the lab's cache; proxies and certificates stay the user's."""
    store = paths.cache_dir() / "go"
    return {
        "CGO_ENABLED": "0",
        "GOCACHE": str(store / "build"),
        "GOFLAGS": FLAGS,
        "GOMODCACHE": str(store / "mod"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _compile(go: gotool.Go, part: Part, target: Path) -> None:
    logged(
        (go.binary, "build", "-tags", part.tags, "-ldflags", part.linker_flags, "-o", target, part.package),
        log=f"engine-{part.module}", cwd=versions.SOURCES / part.module, env=go_environment(),
        timeout_seconds=BUILD_SECONDS,
        cause=f"the Go module proxy was not reached, or {paths.cache_dir()} has less than 6 GB left",
        hint="go env GOPROXY; df -h; then run the same command again, what is compiled stays",
    )  # fmt: skip


def _copy_scripts(go: gotool.Go, target: Path) -> None:
    module = versions.SOURCES / "languagehost"
    sdk = output((go.binary, "list", "-m", "-f", "{{.Dir}}", SDK_MODULE), cwd=module, env=go_environment())
    for script in SDK_SCRIPTS:
        copy = target / Path(script).name
        shutil.copyfile(Path(sdk) / script, copy)
        copy.chmod(0o755)
