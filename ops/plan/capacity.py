"""What the services of a node take of its memory and disk, by their limits and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.config.settings import NodeSettings
from components.model.specs import ServiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one service may take."""

    service: str
    memory_mib: int
    disk_gib: int
    """What its volumes are expected to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNeeds:
    """A node, and what is asked of it."""

    node: str
    memory_mib: int
    reserved_mib: int
    """Kept for the system and for containers that are not ours."""

    services: tuple[Need, ...]

    @property
    def limits_mib(self) -> int:
        """All limits together: the most that the services can take."""
        return sum(need.memory_mib for need in self.services)

    @property
    def free_mib(self) -> int:
        """What is left beside limits and reserve; negative where the reserve is touched."""
        return self.memory_mib - self.reserved_mib - self.limits_mib

    @property
    def disk_gib(self) -> int:
        """All volumes together, without images."""
        return sum(need.disk_gib for need in self.services)


def needs(name: str, node: NodeSettings, specs: Sequence[ServiceSpec]) -> NodeNeeds:
    """Sum up what the services of a node ask for."""
    return NodeNeeds(
        node=name,
        memory_mib=node.memory_mib,
        reserved_mib=node.reserved_mib,
        services=tuple(
            Need(
                service=spec.full_name,
                memory_mib=spec.limits.memory_mib,
                disk_gib=sum(volume.gib for volume in spec.volumes),
            )
            for spec in specs
        ),
    )
