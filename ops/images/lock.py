"""Ask the registries for images, all at once, and say of each what came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum

from components.catalogue.images import OWN, TAGGED
from components.config.settings import NodeSettings
from components.model.problems import Problem
from components.model.specs import ServiceSpec
from ops.images.chain import Chain, follow
from ops.images.lockfile import Entry
from ops.images.names import ImageError, address_of, locate
from ops.images.registry import Registry

Needs = Mapping[str, Sequence[str]]
"""Full names of the services by the platform that they need."""


class Change(StrEnum):
    """What the registry's answer means for the lock."""

    NEW = "new"
    CONFIRMED = "as claimed"
    CORRECTED = "another digest than claimed"
    SAME = "unchanged"
    MOVED = "the tag has moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An image to ask for."""

    name: str
    tagged: str
    needs: Needs = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it: the chain, or what is wrong."""

    image: Wanted
    chain: Chain | None = None
    problem: Problem | None = None


def wanted(
    names: Sequence[str], specs: Sequence[ServiceSpec], nodes: Mapping[str, NodeSettings]
) -> tuple[list[Wanted], list[Problem]]:
    """The images of these names, or all that registries of others have, and what is wrong with the names.

    An image of our own has no registry yet: at Docker Hub, its name could be a stranger's.
    """
    tags = {entry.name: entry.tagged for entry in TAGGED}
    problems = [
        Problem("NAME", f"must be one of {', '.join(tags)}", repr(name)) for name in names if name not in tags
    ]
    own = [name for name in names if tags.get(name, "").startswith(OWN)]
    fix = "push it and put the registry's name into components/catalogue/images.py; images/README.md"
    problems += [Problem(tags[name], "must be in a registry of yours", fix=fix) for name in own]
    chosen = names or [name for name, tagged in tags.items() if not tagged.startswith(OWN)]
    found = [
        Wanted(name=name, tagged=tags[name], needs=_needs(name, specs, nodes))
        for name in dict.fromkeys(chosen)
        if name in tags and name not in own
    ]
    return found, problems


def _needs(name: str, specs: Sequence[ServiceSpec], nodes: Mapping[str, NodeSettings]) -> Needs:
    found: dict[str, list[str]] = defaultdict(list)
    for spec in specs:
        if spec.image.name == name:
            found[f"linux/{nodes[spec.node].arch}"].append(spec.full_name)
    return found


def ask(images: Sequence[Wanted], registries: dict[str, str]) -> list[Outcome]:
    """Ask for all of them; what fails for one says nothing of the others.

    Args:
        registries: Where a registry is asked instead of at its own address.
    """
    with ExitStack() as opened, ThreadPoolExecutor(max_workers=6) as pool:
        hosts = sorted({locate(image.tagged).host for image in images})
        reached = {host: opened.enter_context(Registry(address_of(host, registries))) for host in hosts}
        return list(pool.map(lambda image: _ask(image, reached[locate(image.tagged).host]), images))


def _ask(image: Wanted, registry: Registry) -> Outcome:
    place = locate(image.tagged)
    try:
        root, content = registry.resolve(place)
        chain = follow(
            image.tagged,
            root,
            lambda kind, digest: content if digest == root else registry.fetch(place, kind, digest),
        )
        _refuse_missing(image, chain)
    except ImageError as error:
        return Outcome(image=image, problem=error.problem)
    return Outcome(image=image, chain=chain)


def _refuse_missing(image: Wanted, chain: Chain) -> None:
    for platform, services in image.needs.items():
        if platform not in chain.platforms:
            fix = "take a tag that has it, or build the image for it; images/README.md"
            expected = f"must be built for {platform}, which {', '.join(services)} runs on"
            raise ImageError(Problem(image.tagged, expected, f"only {', '.join(chain.platforms)}", fix))


def change(before: Entry | None, chain: Chain) -> Change:
    """Compare the lock's entry with what a registry has said."""
    if before is None:
        return Change.NEW
    same = before["digest"] == chain.digest
    if before["resolved"]:
        return Change.SAME if same else Change.MOVED
    return Change.CONFIRMED if same else Change.CORRECTED
