"""The service images of the lab: built once from Debian and PyPI packages, kept in the lab's registry.

Each honours the contract of the public image that runs in production (user, entry point, paths, variables),
because the same specs are deployed with both. Which of them only stands in for its product is a field and a
label.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import docker, paths, programs
from lab.images.recipes import RECIPES, TWO_ARCH, Recipe
from lab.images.store import Store
from lab.nodes import emulation
from lab.nodes import images as bases
from lab.nodes.model import PUSH_REGISTRY, REGISTRY, REGISTRY_CONTAINER
from lab.process import StepError
from lab.steps import Steps

_ARCHS = ("amd64", "arm64")
_PUSH_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class LabImage:
    """An image in the lab's registry.

    Attributes:
        reference: How a node pulls it: `198.18.0.10:5000/aiswarm/<name>:<tag>@sha256:…`.
        stand_in: It imitates the product instead of being it.
        platforms: As in `linux/amd64`.
    """

    name: str
    reference: str
    stand_in: bool
    platforms: tuple[str, ...]


def ensure(steps: Steps) -> Mapping[str, LabImage]:
    """Have every service image in the registry, building what is missing. The registry must run.

    Raises:
        StepError: A build or a push failed; the log of that image is in the error.
    """
    arch = bases.native_arch()
    tags = {recipe.name: recipe.tag(bases.base_tag(arch)) for recipe in RECIPES}
    with Store() as store:
        digests = {name: store.digest(name, tag) for name, tag in tags.items()}
        missing = [recipe for recipe in RECIPES if digests[recipe.name] is None]
        if not missing:
            with steps.step("service images") as step:
                step.note = f"nothing to do, {len(RECIPES)} in the registry"
        base = bases.ensure_base(steps, arch) if missing else ""
        for recipe in missing:
            digests[recipe.name] = _make(steps, store, recipe, arch=arch, base=base)
    return {
        recipe.name: _image(recipe, tags[recipe.name], digests[recipe.name], (arch,)) for recipe in RECIPES
    }


def ensure_arm64(steps: Steps, names: Collection[str] = TWO_ARCH) -> Mapping[str, LabImage]:
    """Have these images as indexes of two architectures: amd64 and arm64, one of them emulated here.

    Emulation comes first, whatever the registry has: `make down` and a reboot end it, and the nodes need it
    to run even what was built long ago.

    Raises:
        StepError: A build or a push failed, or this machine cannot emulate the other architecture.
    """
    native = bases.native_arch()
    for arch in _ARCHS:
        if arch != native:
            emulation.ensure(steps, arch)
    with Store() as store:
        wanted = (recipe for recipe in RECIPES if recipe.name in names)
        return {recipe.name: _two_arch(steps, store, recipe) for recipe in wanted}


def _two_arch(steps: Steps, store: Store, recipe: Recipe) -> LabImage:
    tags = {arch: recipe.tag(bases.base_tag(arch)) for arch in _ARCHS}
    index = "-".join(tags.values())
    digest = store.digest(recipe.name, index)
    if digest is None:
        for arch, tag in tags.items():
            if store.digest(recipe.name, tag) is None:
                _make(steps, store, recipe, arch=arch, base=bases.ensure_base(steps, arch))
        digest = _join(store, recipe.name, index, tuple(tags.values()))
    return _image(recipe, index, digest, tuple(tags))


def _image(recipe: Recipe, tag: str, digest: str | None, archs: tuple[str, ...]) -> LabImage:
    return LabImage(
        name=recipe.name,
        reference=f"{REGISTRY}/aiswarm/{recipe.name}:{tag}@{digest}",
        stand_in=recipe.stand_in,
        platforms=tuple(f"linux/{arch}" for arch in archs),
    )


def _make(steps: Steps, store: Store, recipe: Recipe, *, arch: str, base: str) -> str:
    built = [programs.ensure(steps, program, arch) for program in recipe.built]
    tag = recipe.tag(base)
    reference = f"{PUSH_REGISTRY}/aiswarm/{recipe.name}:{tag}"
    with (
        steps.step(f"image {recipe.name} {arch}"),
        tempfile.TemporaryDirectory(prefix="aiswarm-image-") as made,
    ):
        context = Path(made)
        recipe.fill(context)
        for file in built:
            shutil.copy2(file, context)
        docker.build_image(
            context,
            reference,
            platform=f"linux/{arch}",
            build_args={"BASE": base},
            log=f"image-{recipe.name}-{arch}",
        )
        _push(reference)
        return _digest(store, recipe.name, tag)


def _push(reference: str) -> None:
    try:
        docker.docker("push", "--quiet", reference, timeout_seconds=_PUSH_SECONDS)
    except StepError as error:
        error.cause = f"the lab's registry does not run, or the disk under {paths.cache_dir()} is full"
        error.hint = f"docker logs {REGISTRY_CONTAINER}; df -h; then make up, what is built stays"
        raise


def _join(store: Store, name: str, index: str, tags: tuple[str, ...]) -> str:
    """Push an index over images of single architectures that are in the registry already."""
    reference = f"{PUSH_REGISTRY}/aiswarm/{name}"
    parts = (f"{reference}:{tag}" for tag in tags)
    docker.docker("manifest", "create", "--insecure", "--amend", f"{reference}:{index}", *parts)
    docker.docker("manifest", "push", "--insecure", "--purge", f"{reference}:{index}")
    return _digest(store, name, index)


def _digest(store: Store, name: str, tag: str) -> str:
    digest = store.digest(name, tag)
    if digest is None:
        raise StepError(f"{name}:{tag}: must be in the registry after its push, got status 404")
    return digest
