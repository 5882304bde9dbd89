"""OpenTofu and its docker provider, built from public Go modules into the cache.

The provider is the commit that the lab's docker plugin is made of, so that engines are compared and not
providers. Where an official plugin is used instead, the commits differ a little.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.engine import gotool
from lab.engine.build import BUILD_SECONDS, FLAGS, exclusive, go_environment
from lab.process import logged
from lab.steps import Steps

HERE = Path(__file__).parent
PROVIDER = "terraform-provider-docker"
"""The name by which OpenTofu looks for the provider's program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program: the folder of its module, what to compile there, and its build tags."""

    name: str
    module: str
    package: str
    tags: str = ""


PROGRAMS = (
    Program(name="tofu", module="opentofu", package="github.com/opentofu/opentofu/cmd/tofu"),
    Program(
        name=PROVIDER, module="provider", package=f"github.com/terraform-providers/{PROVIDER}",
        tags="no_compose",
    ),
)  # fmt: skip


def ensure(steps: Steps) -> Path:
    """The folder with both programs; built unless it is there, which takes some minutes.

    Raises:
        StepError: The Go module proxy was not reached, or a build failed.
    """
    go = gotool.find()
    sources = [HERE / program.module for program in PROGRAMS]
    key = paths.hash_tree(sources, FLAGS, repr(PROGRAMS), go.version, platform.machine())
    built = paths.cache_dir() / "peers" / key
    with exclusive(steps):
        if built.exists():
            return built
        gotool.ensure(steps, go)
        partial = built.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for program in PROGRAMS:
            with steps.step(f"build {program.name}"):
                logged(
                    (go.binary, "build", "-tags", program.tags, "-ldflags", "-s -w",
                     "-o", partial / program.name, program.package),
                    log=f"peers-{program.name}", cwd=HERE / program.module, env=go_environment(),
                    timeout_seconds=BUILD_SECONDS, cause="the Go module proxy was not reached",
                    hint="go env GOPROXY; then run the same command again, what is compiled stays",
                )  # fmt: skip
        partial.rename(built)
    return built
