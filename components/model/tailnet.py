"""What the tailnet lets through, from who talks to whom: whatever nobody names here stays closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from components.model.endpoints import external_endpoints
from components.model.flows import flows

if TYPE_CHECKING:
    from components.config.settings import Settings
    from components.model.checks import Swarm

PEOPLE: Final = "people"
OPERATORS: Final = "operators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Ports of one node that one source reaches."""

    source: str
    """A node's name, `PEOPLE` or `OPERATORS`."""

    target: str
    """The node's name."""

    ports: tuple[int, ...]
    """In rising order."""


def openings(settings: Settings, swarm: Swarm) -> tuple[Opening, ...]:
    """Everything that is let through: between nodes, then for people, then for operators.

    Operators reach all that is published, and each node's SSH server: that is how the engine works.

    Raises:
        SpecError: As `flows`.
    """
    between: dict[tuple[str, str], set[int]] = defaultdict(set)
    for flow in flows(settings, swarm):
        if flow.crosses:
            between[flow.source_node, flow.target_node].add(flow.port)
    for_people = {node: frozenset(_published(swarm, node, people_only=True)) for node in swarm}
    ends = [
        *(((source, target), ports) for (source, target), ports in sorted(between.items())),
        *(((PEOPLE, node), ports) for node, ports in for_people.items()),
        *(((OPERATORS, node), ports) for node, ports in listening(settings, swarm).items()),
    ]
    return tuple(
        Opening(source=source, target=target, ports=tuple(sorted(ports)))
        for (source, target), ports in ends
        if ports
    )


def listening(settings: Settings, swarm: Swarm) -> Mapping[str, frozenset[int]]:
    """Every port that answers on a node's tailnet address, as far as this program knows, by node."""
    found = {
        name: {node.ssh.port, *_published(swarm, name)} for name, node in settings.nodes.by_name().items()
    }
    for endpoint in external_endpoints(settings):
        found[endpoint.node].add(endpoint.port)
    return {node: frozenset(ports) for node, ports in found.items()}


def _published(swarm: Swarm, node: str, *, people_only: bool = False) -> Iterator[int]:
    for spec in swarm[node]:
        for port in spec.ports:
            if port.published and not (people_only and not (port.access and port.access.people)):
                yield port.published
