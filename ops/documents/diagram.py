"""The flows between services as a Mermaid diagram, a box a node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from components.model.endpoints import ExternalEndpoint
from components.model.naming import AGENT
from components.model.specs import ServiceSpec

_PEOPLE = "people"


def flow_diagram(specs: Sequence[ServiceSpec], externals: Sequence[ExternalEndpoint]) -> str:
    """A fenced block that code hosts draw.

    Services without any connection are left out, and so are agents: each talks to the Vault server alone, and
    their lines would cross all others.
    """
    edges = [*_edges(specs), *_visits(specs)]
    drawn = {name for edge in edges for name in edge[:2]}
    lines = ["flowchart LR", f"  {_PEOPLE}(({_PEOPLE}))"]
    for node in dict.fromkeys(spec.node for spec in specs):
        lines.append(f"  subgraph {node}")
        lines += [
            f'    {_id(spec.full_name)}["{spec.name}"]'
            for spec in specs
            if spec.node == node and spec.full_name in drawn
        ]
        lines += [
            f'    {_id(found.name)}(["{found.name}, not ours"])' for found in externals if found.node == node
        ]
        lines.append("  end")
    lines += [f'  {_id(source)} -->|"{label}"| {_id(target)}' for source, target, label in edges]
    return "```mermaid\n" + "".join(f"{line}\n" for line in lines) + "```\n"


def _id(name: str) -> str:
    """Mermaid reads some words with a hyphen as keywords."""
    return name.replace("-", "_")


def _edges(specs: Sequence[ServiceSpec]) -> Iterator[tuple[str, str, str]]:
    """Source, target and ports of every pair that is connected."""
    for spec in specs:
        if spec.name == AGENT:
            continue
        for target in dict.fromkeys(flow.to for flow in spec.talks_to):
            ports = dict.fromkeys(flow.port for flow in spec.talks_to if flow.to == target)
            yield spec.full_name, target, ", ".join(ports)


def _visits(specs: Sequence[ServiceSpec]) -> Iterator[tuple[str, str, str]]:
    for spec in specs:
        ports = [str(port.published) for port in spec.ports if port.access and port.access.people]
        if ports:
            yield _PEOPLE, spec.full_name, ", ".join(ports)
