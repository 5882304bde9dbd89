"""The three images that the lab itself runs on: the Debian base, the node and the registry.

Each is named by a hash of its recipe: a changed recipe makes a new image, an unchanged one costs a look-up.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from lab import docker, paths, process
from lab.docker import machine
from lab.nodes import emulation
from lab.process import StepError
from lab.steps import Steps

RELEASE = "bookworm"
"""The Debian release of every image."""

_RECIPES = paths.REPO / "lab" / "images"
_MMDEBSTRAP = (
    "--variant=apt",
    "--include=ca-certificates,usr-is-merged",
    "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    "--dpkgopt=dpkg.cfg",
    "--aptopt=machine.conf",
    "--skip=essential/unlink",
    '--setup-hook=mkdir -p "$1"/var/cache/apt/archives/',
    "--setup-hook=sync-in debs /var/cache/apt/archives/",
    "--customize-hook=sync-out /var/cache/apt/archives debs",
    "--customize-hook=upload apt.conf /etc/apt/apt.conf.d/99mmdebstrap",
    '--customize-hook=rm -rf "$1"/var/cache/apt/*.bin "$1"/var/log/*.log "$1"/var/log/apt',
)
"""How the base is made, with file names relative to the build folder.

`usr-is-merged` with the hook stands for the package `usrmerge`, which would bring perl, 47 MB. Packages are
kept between runs by mmdebstrap's own way of doing that (its manual, EXAMPLES: sync-in, sync-out). The
machine's apt settings serve the run and are replaced by the image's own at the end.
"""


def native_arch() -> str:
    """Debian's name of this machine's architecture, such as amd64."""
    return process.output(["dpkg", "--print-architecture"])


def base_tag(arch: str) -> str:
    """The name of the base image, decided by everything that goes into it but the day's package versions."""
    recipe = paths.hash_tree([_RECIPES / "base"], RELEASE, arch, *_MMDEBSTRAP)
    return f"aiswarm/base:{arch}-{recipe}"


def ensure_base(steps: Steps, arch: str | None = None) -> str:
    """Have the Debian base image of an architecture on this machine's daemon and return its name.

    A foreign architecture needs emulation on this machine, which is set up first.

    Raises:
        StepError: Not root, no Debian mirror, or mmdebstrap or the build failed.
    """
    arch = arch or native_arch()
    tag = base_tag(arch)
    foreign = arch != native_arch()
    if foreign:
        emulation.ensure(steps, arch)
    with steps.step(f"base image {arch}") as step:
        if docker.image_exists(tag):
            step.note = "nothing to do"
            return tag
        _require_builder(foreign=foreign)
        with tempfile.TemporaryDirectory(prefix="aiswarm-base-") as scratch:
            context = Path(scratch)
            _make_root(context, arch)
            docker.build_image(context, tag, platform=f"linux/{arch}", log=f"image-base-{arch}")
        step.note = f"made {tag}"
    return tag


def _require_builder(*, foreign: bool) -> None:
    if os.geteuid() != 0:
        raise StepError("the base image: only root can make it with mmdebstrap", hint="run as root")
    missing = [
        name for name in ("mmdebstrap", *(["arch-test"] if foreign else [])) if shutil.which(name) is None
    ]
    if missing:
        machine.install(*missing)


def _make_root(context: Path, arch: str) -> None:
    """Fill the build context: the recipe, and `base.tar` with the essential packages, apt and the CAs."""
    shutil.copytree(_RECIPES / "base", context, dirs_exist_ok=True)
    debs = paths.cache_dir() / "debs" / arch
    debs.mkdir(parents=True, exist_ok=True)
    (context / "debs").symlink_to(debs)
    (context / "sources.list").write_text(machine.apt_sources(RELEASE))
    (context / "machine.conf").write_text(machine.apt_options(machine.ca_bundle()))
    process.logged(
        ["mmdebstrap", f"--architectures={arch}", *_MMDEBSTRAP, RELEASE, "base.tar", "sources.list"],
        log=f"image-base-{arch}",
        cwd=context,
        timeout_seconds=1800,
        cause="the machine's Debian mirror was not reached, or the disk is full",
        hint="apt-get update; df -h; then make up",
    )


def ensure_node(steps: Steps) -> str:
    """Have the image of a Docker host (dockerd, sshd, tini) and return its name."""
    return _ensure_on_base(steps, "node")


def ensure_registry(steps: Steps) -> str:
    """Have the image of the registry and return its name."""
    return _ensure_on_base(steps, "registry")


def _ensure_on_base(steps: Steps, name: str) -> str:
    tag = f"aiswarm/{name}:{paths.hash_tree([_RECIPES / name], base_tag(native_arch()))}"
    missing = not docker.image_exists(tag)
    base = ensure_base(steps) if missing else ""
    with steps.step(f"{name} image") as step:
        step.note = "nothing to do"
        if missing:
            docker.build_image(_RECIPES / name, tag, build_args={"BASE": base}, log=f"image-{name}")
            step.note = f"made {tag}"
    return tag
