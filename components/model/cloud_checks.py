"""What must hold for the project at Railway before anything is made there; every problem at once."""

from __future__ import annotations

from collections.abc import Iterator

from components.model.cloud import Cloud, CloudService
from components.model.images import Image
from components.model.problems import Problem

PLAN_VCPUS = 32
PLAN_MEMORY_GB = 32
"""What the swarm may take together; Railway itself would give each service more."""

_PATH = "aiswarm:railway"


def find_cloud_problems(cloud: Cloud) -> list[Problem]:
    """Every problem of the project; an empty list means that it may be made."""
    problems = [*_sizes(cloud), *_doors(cloud)]
    for service in cloud.services:
        problems += [*_root(service), *_order(service, cloud)]
    return problems


def _sizes(cloud: Cloud) -> Iterator[Problem]:
    for unit, most, sizes in (
        ("vCPU", PLAN_VCPUS, {service.name: service.vcpus for service in cloud.services}),
        ("GB", PLAN_MEMORY_GB, {service.name: service.memory_gb for service in cloud.services}),
    ):
        if (total := sum(sizes.values())) > most:
            each = ", ".join(f"{name} {size:g}" for name, size in sizes.items())
            yield Problem(_PATH, f"services must fit into {most} {unit} together", f"{total:g} ({each})")


def _doors(cloud: Cloud) -> Iterator[Problem]:
    public = [service for service in cloud.services if service.public]
    if len(public) > 1:
        names = ", ".join(service.name for service in public)
        yield Problem(_PATH, "at most one service may be public, which has the domain", names)
    for service in public:
        if not service.secrets:
            yield Problem(f"{_PATH}.{service.name}", "must ask for a key, because it is public", "no secret")


def _root(service: CloudService) -> Iterator[Problem]:
    path = f"{_PATH}.{service.name}.root_reason"
    needed = service.volume is not None or _is_root(service.image)
    if needed and not service.root_reason:
        yield Problem(path, "must say why it runs as root: its image or its volume needs it", "nothing")
    if service.root_reason and not needed:
        yield Problem(path, "must be empty, because nothing needs root", repr(service.root_reason))


def _is_root(image: Image) -> bool:
    return image.user.partition(":")[0] == "0"


def _order(service: CloudService, cloud: Cloud) -> Iterator[Problem]:
    names = [other.name for other in cloud.services]
    before = names[: names.index(service.name)]
    for name in service.after:
        if name not in before:
            expected = f"must name services made before it: {', '.join(before) or 'there are none'}"
            yield Problem(f"{_PATH}.{service.name}.after", expected, repr(name))
