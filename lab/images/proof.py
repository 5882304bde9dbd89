"""The lock of the lab's own images: what its registry has, with every document that proves it.

It lies beside the lab's stack file, where the policy pack looks for the lock of a stack's own images. So the
lab's stack is judged by the same proof as production's, and by more of it: nothing is only claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from lab.images import LabImage
from lab.nodes.model import PUSH_REGISTRY
from lab.process import StepError
from lab.steps import Steps
from ops.images.chain import Chain, follow
from ops.images.lockfile import LockFile
from ops.images.names import ImageError, locate
from ops.images.registry import Registry

Connect = Callable[[str], Registry]


def write_lock(steps: Steps, images: Iterable[LabImage], file: Path, *, connect: Connect = Registry) -> None:
    """Lock these images and no others, unless that is done already. The registry must run.

    Raises:
        StepError: The registry has an image no more, or sends something else than its digest says.
    """
    wanted = dict(image.reference.split("@") for image in images)
    lock = LockFile(file)
    with steps.step("lock of the images") as step:
        if file.exists() and _digests(lock) == wanted:
            step.note = "nothing to do"
            return
        try:
            with connect(f"http://{PUSH_REGISTRY}") as registry:
                chains = {tagged: _chain(registry, tagged, digest) for tagged, digest in wanted.items()}
        except ImageError as error:
            raise StepError(str(error), hint="make up builds what the registry has lost") from error
        file.write_text("{}\n")
        lock.write(chains)
        step.note = f"{len(chains)} proven by their documents"


def _digests(lock: LockFile) -> dict[str, str]:
    return {tagged: entry["digest"] for tagged, entry in lock.entries().items() if entry}


def _chain(registry: Registry, tagged: str, digest: str) -> Chain:
    place = locate(tagged)
    return follow(tagged, digest, lambda kind, wanted: registry.fetch(place, kind, wanted))
