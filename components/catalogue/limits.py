"""Limits of a service: the catalogue's, or those of the stack file.

They are chosen before the spec is built, because configuration files are rendered from them.
"""

from __future__ import annotations

from components.config.settings import Settings
from components.model.naming import service_name
from components.model.parts import Limits


def limits(
    settings: Settings, node: str, service: str, *, memory_mib: int, cpus: str, shm_mib: int = 64
) -> Limits:
    """The stack file's limits for the service when it names it, else the given ones."""
    other = settings.limits.get(service_name(node, service))
    if other is not None:
        memory_mib, cpus = other.memory_mib, other.cpus
    return Limits(memory_mib=memory_mib, cpus=cpus, shm_mib=min(shm_mib, memory_mib))
