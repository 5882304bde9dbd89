"""Run a program of one of the lab's images by itself: no node, no network, hardened as on a node."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import docker
from lab.images.recipes import RECIPES
from lab.nodes import images as bases
from lab.nodes.model import PUSH_REGISTRY

TIMEOUT_SECONDS = 240


@dataclass(frozen=True)
class Ended:
    """How the program ended, and what it printed on both streams."""

    status: int
    text: str


def reference(name: str) -> str:
    """The image as `make up` has pushed it."""
    (recipe,) = (recipe for recipe in RECIPES if recipe.name == name)
    return f"{PUSH_REGISTRY}/aiswarm/{name}:{recipe.tag(bases.base_tag(bases.native_arch()))}"


def pulled(image: str) -> str:
    """`image`, which this machine's engine has from now on.

    The lab's registry outlives what the engine stores. `docker run` would pull the image, too, but tell of it
    among what the program prints, and Docker 20.10 cannot be told to be quiet.
    """
    if not docker.image_exists(image):
        docker.docker("pull", "--quiet", image, timeout_seconds=TIMEOUT_SECONDS)
    return image


def folder(path: Path, files: Mapping[str, str]) -> Path:
    """A new folder with these files, readable to the image's user."""
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text, encoding="utf-8")
        (path / name).chmod(0o644)
    path.chmod(0o755)
    return path


def run(
    name: str,
    command: Sequence[str],
    *,
    user: str,
    mounts: Mapping[str, Path],
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run `command` in the image to its end; `mounts` are folders by their path in the container."""
    program, *arguments = command
    argv = [
        docker.client(), "-H", docker.SOCKET, "run", "--rm", "--network=none", "--user", user, "--read-only",
        "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp",
        *(f"--volume={source}:{target}:ro" for target, source in mounts.items()),
        *(f"--env={key}={value}" for key, value in (env or {}).items()),
        f"--entrypoint={program}", pulled(reference(name)), *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        argv,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT_SECONDS,
    )
    return Ended(done.returncode, done.stdout)
