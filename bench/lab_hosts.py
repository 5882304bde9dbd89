"""The lab's hosts as benches need them: everything ready before the clock starts, nothing left at the end.

Only the bench's own is ever removed: containers with its mark, and networks with its own name. The end-to-end
tests have the same subnets, so the two cannot run at once; the bench refuses where it sees their network.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.services import NODES
from components.model.naming import LABEL_PREFIX
from lab import engine, environment, images, lock, nodes, paths, plugins
from lab.images import LabImage
from lab.nodes import LabNode
from lab.process import StepError
from lab.steps import Steps

STACK = "bench"
NETWORK = "bench"
"""Name of the bench's network on each node, which nothing else uses: cleaning goes by it."""

TESTS_NETWORK = "probe"
"""Name of the network in the same subnets that the end-to-end tests make; never removed from here."""

SUBNETS = {"oracle": "172.20.101.0/24", "starlord": "172.20.102.0/24", "thanos": "172.20.103.0/24"}
_CLEAN_SECONDS = 600

_CLEAN = f"""
set -e
docker ps --all --quiet --filter label={LABEL_PREFIX}.stack={STACK} | xargs -r docker rm --force
docker network ls --quiet --filter name=^{NETWORK}$ | xargs -r docker network rm
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """A lab that can be deployed to.

    Attributes:
        folder: The bench's own: state and programs, removed at the end.
        engine_bin: Holds `pulumi`.
    """

    folder: Path
    engine_bin: Path
    machines: tuple[LabNode, ...]
    pause: LabImage


@contextmanager
def ready(steps: Steps) -> Iterator[Hosts]:
    """Have the lab alone, with engine, nodes and image, and leave nothing behind.

    Raises:
        StepError: A part of the lab could not be had, or something else uses the bench's network.
    """
    with lock.held(steps), _prepared(steps) as hosts:
        yield hosts


@contextmanager
def _prepared(steps: Steps) -> Iterator[Hosts]:
    """Have engine, nodes and image, remove what an earlier run left, and leave nothing behind.

    The image stays on the nodes, where it is the lab's.

    Raises:
        StepError: A part of the lab could not be had, or something else uses the bench's network.
    """
    found = engine.ensure(steps)
    machines = nodes.up(steps)
    pause = images.ensure(steps)["pause"]
    engine.install_plugins(found, environment.pulumi_home())
    if found.built_here:
        plugins.install(environment.pulumi_home(), paths.REPO / ".venv" / "bin" / "python")
    folder = paths.state_dir() / STACK
    if folder.exists():
        _clean(steps, folder)
    if any(_everywhere(f"docker network ls --quiet --filter name=^{TESTS_NETWORK}$")):
        raise StepError(
            f"network {TESTS_NETWORK}: must not be on the nodes, got one",
            cause="the end-to-end tests deploy the same program, and are at it or were killed",
        )
    with steps.step("image on the nodes"):
        _everywhere(f"docker pull --quiet {pause.reference}")
    folder.mkdir(parents=True)
    try:
        yield Hosts(folder=folder, engine_bin=found.bin_dir, machines=machines, pause=pause)
    finally:
        _clean(steps, folder)


def _clean(steps: Steps, folder: Path) -> None:
    """Remove what this stack has on the nodes; its folder goes last, as a sign that nothing is left."""
    with steps.step("no leftovers") as step:
        removed = sum(len(said.split()) for said in _everywhere(_CLEAN))
        shutil.rmtree(folder)
        step.note = f"{removed} objects removed" if removed else "nothing to do"


def _everywhere(command: str) -> list[str]:
    with ThreadPoolExecutor(len(NODES)) as pool:
        return list(pool.map(lambda node: nodes.ssh(node, command, timeout_seconds=_CLEAN_SECONDS), NODES))
