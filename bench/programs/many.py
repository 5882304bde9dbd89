"""The swarm as it is, and beside it as many idle services as it takes to have `bench:containers` of them.

The idle ones are Redis' exporter without all that others know of it, so that every policy holds for them too:
what is refused would end the preview that is timed.
"""

from __future__ import annotations

import runpy
from collections.abc import Mapping
from dataclasses import replace

import pulumi

from components.catalogue import swarm as catalogue
from components.config.settings import Settings
from components.model.parts import Limits
from components.model.specs import ServiceSpec
from lab import paths

PATTERN = "redis-exporter"
MEMORY_MIB = 16
_swarm = catalogue.swarm


def idle(pattern: ServiceSpec, node: str, number: int) -> ServiceSpec:
    """A service that nothing asks, and that asks nothing."""
    return replace(
        pattern,
        node=node,
        name=f"idle-{number:03d}",
        limits=Limits(memory_mib=MEMORY_MIB, cpus="0.5"),
        env={},
        secrets=(),
        ports=(),
        metrics=None,
        probe=None,
        talks_to=(),
    )


def filled_up(settings: Settings) -> Mapping[str, tuple[ServiceSpec, ...]]:
    """The services by node, dealt out in turn behind those that are there."""
    made = {node: list(services) for node, services in _swarm(settings).items()}
    (pattern,) = (spec for services in made.values() for spec in services if spec.name == PATTERN)
    missing = pulumi.Config("bench").require_int("containers") - sum(map(len, made.values()))
    for number in range(missing):
        node = list(made)[number % len(made)]
        made[node].append(idle(pattern, node, number))
    return {node: tuple(services) for node, services in made.items()}


if __name__ == "__main__":
    catalogue.swarm = filled_up
    runpy.run_path(str(paths.REPO / "__main__.py"))
