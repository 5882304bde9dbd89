"""Who is touched while a service is away, followed along the connections that services declare.

Metrics are left out: a gap in a curve stops nobody. What a connection is used for is not known here, so
"touched" is the most that can happen: a service that keeps a cache may well go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from components.model.naming import service_name
from components.model.specs import ServiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """What the restart of one service means for the others; full names."""

    service: str
    direct: tuple[str, ...]
    """Those that connect to it."""

    transitive: tuple[str, ...]
    """Those that connect to a service which is touched itself, without the direct ones."""

    covered_by: tuple[str, ...]
    """Engines that answer in its place, in the order in which a request tries them."""

    routes: tuple[str, ...]
    """Doors of people that do not open meanwhile, as service and port, e.g. `oracle-haproxy https`."""


def blasts(specs: Sequence[ServiceSpec], externals: Sequence[str] = ()) -> tuple[Blast, ...]:
    """For every service, and for every external endpoint, who is touched when it goes."""
    cascade = _cascade(specs)
    names = (*(spec.full_name for spec in specs), *externals)
    return tuple(_blast(name, specs, covered_by=_others(name, cascade)) for name in names)


def _cascade(specs: Sequence[ServiceSpec]) -> tuple[str, ...]:
    """The engines behind one proxy; it lists its connections in the order in which a request tries them."""
    engines = {spec.full_name for spec in specs if spec.gpu_share}
    chains = (tuple(flow.to for flow in spec.talks_to if flow.to in engines) for spec in specs)
    return max(chains, key=len, default=())


def _others(name: str, cascade: Sequence[str]) -> tuple[str, ...]:
    return tuple(other for other in cascade if other != name) if name in cascade else ()


def _blast(name: str, specs: Sequence[ServiceSpec], *, covered_by: tuple[str, ...]) -> Blast:
    direct = [spec.full_name for spec in specs if any(flow.to == name for flow in spec.talks_to)]
    touched, closed = _touched(name, specs)
    further = [] if covered_by else [found for found in touched if found not in direct]
    routes = (
        [] if covered_by else [f"{spec.full_name} {port}" for spec in specs for port in _open_to_people(spec)]
    )
    return Blast(
        service=name,
        direct=tuple(direct),
        transitive=tuple(further),
        covered_by=covered_by,
        routes=tuple(route for route in routes if tuple(route.split(" ")) in closed),
    )


def _open_to_people(spec: ServiceSpec) -> Iterator[str]:
    return (port.name for port in spec.ports if port.access is not None and port.access.people)


def _touched(name: str, specs: Sequence[ServiceSpec]) -> tuple[list[str], set[tuple[str, str]]]:
    """Everyone who is touched at any distance, without the service itself, and every port that is closed."""
    by_name = {spec.full_name: spec for spec in specs}
    ports = {port.name for port in by_name[name].ports} if name in by_name else set()
    waiting = [(name, port) for port in ports or _ports_named(name, specs)]
    seen = set(waiting)
    touched: set[str] = set()
    while waiting:
        door = waiting.pop()
        for spec in specs:
            if any((flow.to, flow.port) == door for flow in spec.talks_to):
                touched.add(spec.full_name)
                opened = {(spec.full_name, port) for port in _doors_to(spec, door[0])} - seen
                seen |= opened
                waiting += opened
    return [spec.full_name for spec in specs if spec.full_name in touched - {name}], seen


def _ports_named(name: str, specs: Sequence[ServiceSpec]) -> set[str]:
    """Ports of an external endpoint: those that somebody connects to."""
    return {flow.port for spec in specs for flow in spec.talks_to if flow.to == name}


def _doors_to(spec: ServiceSpec, target: str) -> Iterator[str]:
    """Ports of a service that do not work without `target`.

    A port with the name of a service behind it is that service's door (the proxy's pages) and leads nowhere
    else; every other port needs all that has no door of its own.
    """
    doors = {service_name(spec.node, port.name): port.name for port in spec.ports}
    targets = {flow.to for flow in spec.talks_to}
    if target in doors:
        yield doors[target]
        return
    for port in spec.ports:
        if service_name(spec.node, port.name) not in targets:
            yield port.name
