"""In which order an empty swarm starts: services of one wave start at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from components.model.naming import AGENT, service_name
from components.model.specs import ServiceSpec


def waves(specs: Sequence[ServiceSpec]) -> tuple[tuple[str, ...], ...]:
    """Full names by wave; a service starts in the wave behind the last one that it waits for.

    The order is the deployment's own: the Vault server, then the agents, which need its content, then what
    needs an agent's files or a neighbour. Specs of a node stand in start order, so one pass is enough.
    """
    server = next((spec.full_name for spec in specs if spec.bootstrap), None)
    wave: dict[str, int] = {}
    # Agents of other nodes need the server, which therefore has to be counted first.
    for spec in sorted(specs, key=lambda spec: spec.full_name != server):
        awaited = [service_name(spec.node, name) for name in spec.after]
        if spec.rendered:
            awaited.append(service_name(spec.node, AGENT))
        if spec.renders_for and server:
            awaited.append(server)
        wave[spec.full_name] = 1 + max((wave[name] for name in awaited), default=0)
    last = max(wave.values(), default=0)
    return tuple(
        tuple(name for name, number in wave.items() if number == wanted) for wanted in range(1, last + 1)
    )
