"""What can be known in a second and would otherwise stop `make up` after minutes of building."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab import docker, nodes, paths
from lab.nodes import images
from lab.nodes.model import IN_THE_WAY
from lab.process import StepError
from lab.steps import Steps

FREE_GB = 12
"""What engine, packages and images take in the cache, with room for the build of the largest."""


def check(steps: Steps) -> None:
    """Look at the user, at what is in the lab's way and at the disk.

    Raises:
        StepError: The lab cannot be brought up; every reason is named.
    """
    with steps.step("this machine"):
        conflicts = nodes.obstacles()
        problems = [*_user(), *conflicts, *_disk()]
        if problems:
            raise StepError("\n".join(problems), hint=IN_THE_WAY if conflicts else "")


def _user() -> list[str]:
    """Another user than root can bring up what root has built, where the daemon lets them."""
    if os.geteuid() == 0:
        return []
    if docker.answers() and docker.image_exists(images.base_tag(images.native_arch())):
        return []
    return [f"user: must be root, got uid {os.geteuid()}; only root may start Docker and make the base image"]


def _disk() -> list[str]:
    """Once there is a registry, what takes the room has been built."""
    if (paths.cache_dir() / "registry").exists():
        return []
    free = shutil.disk_usage(_existing(paths.cache_dir())).free / 1e9
    if free >= FREE_GB:
        return []
    problem = f"{paths.cache_dir()}: its disk must have {FREE_GB} GB free, got {free:.1f} GB"
    return [f"{problem}; make room, or set AISWARM_CACHE to a folder on another disk"]


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
