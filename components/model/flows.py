"""Who opens connections to whom, in the whole swarm: for the tailnet's rules, plans and diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from components.model.access import Watch
from components.model.endpoints import ExternalEndpoint, ManagedEndpoint, external_endpoints, reach
from components.model.problems import Problem, SpecError

if TYPE_CHECKING:
    from components.config.settings import Settings
    from components.model.checks import Swarm
    from components.model.specs import ServiceSpec


class Why(StrEnum):
    """What a connection is for."""

    DECLARED = "needs it"
    METRICS = "scrapes its metrics"
    PROBE = "asks whether it works"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One service of ours that talks to another one, or to one that is not ours."""

    source: str
    """Full name of the service that opens it."""

    source_node: str
    target: str
    """Full name of the service, or name of the external endpoint."""

    target_node: str
    host: str
    """What the source connects to: a container's name on its own node, an address on another."""

    port: int
    why: Why

    @property
    def crosses(self) -> bool:
        """Whether it leaves the node, so that the tailnet has to let it through."""
        return self.source_node != self.target_node


def flows(settings: Settings, swarm: Swarm) -> tuple[Connection, ...]:
    """Every connection, those that services name first and then those of watchers; none twice for one reason.

    Raises:
        SpecError: A service names one that is not there, or a port that it has not, or has not published.
    """
    services = {spec.full_name: spec for specs in swarm.values() for spec in specs}
    found = [each for spec in services.values() for each in _declared(settings, spec, services)]
    found += [each for spec in services.values() for each in _watched(settings, spec, services)]
    return tuple(dict.fromkeys(found))


def _declared(
    settings: Settings, source: ServiceSpec, services: dict[str, ServiceSpec]
) -> Iterator[Connection]:
    outside = {endpoint.name: endpoint for endpoint in external_endpoints(settings)}
    for flow in source.talks_to:
        if flow.to in outside:
            yield _to_other(source, outside[flow.to], Why.DECLARED)
        elif flow.to in services:
            target = services[flow.to]
            yield _to_ours(source, target, _seen(settings, source, target, flow.port), Why.DECLARED)
        else:
            expected = "must name services of the swarm or external endpoints"
            raise SpecError(Problem(f"{source.full_name}.talks_to", expected, repr(flow.to)))


def _watched(
    settings: Settings, source: ServiceSpec, services: dict[str, ServiceSpec]
) -> Iterator[Connection]:
    others = [spec for spec in services.values() if spec is not source]
    if Watch.METRICS in source.watches:
        for spec in others:
            if spec.metrics:
                yield _to_ours(source, spec, _seen(settings, source, spec, spec.metrics.port), Why.METRICS)
    if Watch.PROBES in source.watches:
        for spec in others:
            if spec.probe:
                yield _to_ours(source, spec, _seen(settings, source, spec, spec.probe.port), Why.PROBE)
        for endpoint in external_endpoints(settings):
            yield _to_other(source, endpoint, Why.PROBE)


def _seen(settings: Settings, source: ServiceSpec, target: ServiceSpec, port: str) -> ManagedEndpoint:
    return reach(settings, target, port, seen_from=source.node)


def _to_ours(source: ServiceSpec, target: ServiceSpec, endpoint: ManagedEndpoint, why: Why) -> Connection:
    return Connection(
        source=source.full_name,
        source_node=source.node,
        target=target.full_name,
        target_node=target.node,
        host=endpoint.host,
        port=endpoint.port,
        why=why,
    )


def _to_other(source: ServiceSpec, endpoint: ExternalEndpoint, why: Why) -> Connection:
    return Connection(
        source=source.full_name,
        source_node=source.node,
        target=endpoint.name,
        target_node=endpoint.node,
        host=endpoint.host,
        port=endpoint.port,
        why=why,
    )
