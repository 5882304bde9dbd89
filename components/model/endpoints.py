"""Where a service answers: managed by this program, or merely known to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.config.settings import Settings
    from components.model.specs import ServiceSpec

QDRANT_PORT = 6333
QDRANT_NODE = "starlord"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedEndpoint:
    """A published port of one of our containers, seen from another node."""

    service: str
    """Name in the whole swarm, e.g. `starlord-vllm-primary`."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """`host:port`, without scheme."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalEndpoint:
    """A service that runs on a node but is not ours: never created, changed or removed.

    It is a value without any resource, so no engine operation can ever reach it.
    """

    name: str
    node: str
    host: str
    port: int
    probe_path: str = ""
    """Answers 200 without credentials; empty only connects."""

    @property
    def address(self) -> str:
        """`host:port`, without scheme."""
        return f"{self.host}:{self.port}"


def reach(settings: Settings, spec: ServiceSpec, port: str, *, seen_from: str) -> ManagedEndpoint:
    """Where a service of node `seen_from` finds the port called `port`.

    On the same node by the container's name, which Docker's own name server knows; on another by its tailnet
    address.

    Raises:
        SpecError: The service has no such port, or it is on another node and not published.
    """
    if spec.node == seen_from:
        return ManagedEndpoint(service=spec.full_name, host=spec.full_name, port=spec.port(port).container)
    return published(settings, spec, port)


def published(settings: Settings, spec: ServiceSpec, port: str) -> ManagedEndpoint:
    """Where everybody in the tailnet finds the port called `port`: under what its certificate, if any, names.

    Raises:
        SpecError: The service has no such port, or it is not published.
    """
    host = str(settings.nodes.by_name()[spec.node].address)
    return ManagedEndpoint(service=spec.full_name, host=host, port=spec.published_port(port))


def external_endpoints(settings: Settings) -> tuple[ExternalEndpoint, ...]:
    """Services that were on the nodes before us and must never be touched: the vector database."""
    host = str(settings.nodes.by_name()[QDRANT_NODE].address)
    return (
        # The path for health checks, which asks for no key; there is no /health (Qdrant, src/actix).
        ExternalEndpoint(name="qdrant", node=QDRANT_NODE, host=host, port=QDRANT_PORT, probe_path="/readyz"),
    )
