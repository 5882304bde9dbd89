"""Who may reach a port, and what a stranger finds there; as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from components.model.problems import Problem, SpecError


class Protocol(StrEnum):
    """What is spoken at a port."""

    HTTP = "http"
    HTTPS = "https"
    POSTGRES = "postgres"
    REDIS = "redis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a published port is protected. A test asks each one without credentials and compares."""

    protocol: Protocol
    refused: str = ""
    """A path that answers 401 or 403 without credentials; with PostgreSQL and Redis a login is tried. Empty
    where the program knows no credentials at all, and `open_paths` says why that is bearable."""

    open_paths: Mapping[str, str] = field(default_factory=dict)
    """Paths that answer anyone, each with the reason."""

    people: bool = False
    """People reach it from their own machines; otherwise only those services do that name it as a flow."""

    def __post_init__(self) -> None:
        if self.protocol in {Protocol.HTTP, Protocol.HTTPS} and not (self.refused or self.open_paths):
            raise SpecError(Problem("access", "must name a refused path, or say why every path is open"))
        object.__setattr__(self, "open_paths", MappingProxyType(dict(self.open_paths)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A connection that a service opens: the tailnet's rules let these through, and no others."""

    to: str
    """Full name of the service, e.g. `oracle-haproxy`, or name of an external endpoint."""

    port: str
    """Name of the port there; for an external endpoint `http`."""


class Watch(StrEnum):
    """What a service asks of all others without naming them."""

    METRICS = "metrics"
    """Scrapes whatever shows metrics."""

    PROBES = "probes"
    """Asks whatever has a probe, and what is on the nodes but not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How others see from outside that a service works: Consul, and the blackbox exporter without metrics."""

    port: str
    """Name of one of the service's ports."""

    path: str = ""
    """Answers 200 without credentials; empty only connects."""

    tls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMount:
    """A folder of the node that the container may read, never write."""

    source: str
    target: str
    reason: str
