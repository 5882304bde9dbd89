"""What a service is made of: its ports, limits, health check and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from components.model.access import Access
from components.model.forms import CANONICAL_CPUS, LEAST_MEMORY_MIB, is_canonical_cpus
from components.model.problems import Problem, SpecError
from components.model.secrets import SecretFile


def require(holds: bool, path: str, expected: str, got: object) -> None:
    """Refuse a value in our error form.

    Raises:
        SpecError: `holds` is false.
    """
    if not holds:
        raise SpecError(Problem(path, expected, repr(got)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the container. It is published on the node's tailnet address only, never on all addresses."""

    name: str
    """What is served there, e.g. `http`; other services find the port by this name."""

    container: int
    published: int | None = None
    """Port on the node; None keeps it inside the node's Docker network."""

    access: Access | None = None
    """What a stranger finds there; said of every published port."""

    def __post_init__(self) -> None:
        require(
            self.published is None or self.access is not None,
            f"ports.{self.name}.access",
            "must be given for a published port",
            self.access,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the container may use at most."""

    memory_mib: int
    """Also the limit of memory and swap together: a container never swaps."""

    cpus: str
    """Processors as the engine prints them back, `2.0` or `0.5`: any other spelling replaces the container
    on every run (docker provider, `nanoInt64ToDecimalString`)."""

    shm_mib: int = 64
    """Size of /dev/shm; 64 is Docker's default."""

    def __post_init__(self) -> None:
        require(
            self.memory_mib >= LEAST_MEMORY_MIB,
            "limits.memory_mib",
            f"must be at least {LEAST_MEMORY_MIB} (Docker's minimum)",
            self.memory_mib,
        )
        require(
            is_canonical_cpus(self.cpus),
            "limits.cpus",
            f"must be {CANONICAL_CPUS}",
            self.cpus,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A check inside the container; the program after `up` and other services wait for it."""

    test: tuple[str, ...]
    """`("CMD", …)`, or `("NONE",)` where the image has nothing that could check."""

    interval_seconds: int = 10
    timeout_seconds: int = 5
    retries: int = 3
    start_period_seconds: int = 30

    def __post_init__(self) -> None:
        allowed = self.test == ("NONE",) or (
            self.test[:1] in {("CMD",), ("CMD-SHELL",)} and len(self.test) > 1
        )
        require(allowed, "health.test", 'must be ("CMD", …), ("CMD-SHELL", …) or ("NONE",)', self.test)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedCapability:
    """A capability kept although all are dropped."""

    name: str
    """With the prefix, e.g. `CAP_NET_BIND_SERVICE`: the engine stores it so, and compares text."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Where Prometheus scrapes the service."""

    port: str
    """Name of one of the service's ports."""

    path: str = "/metrics"
    params: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the URL."""

    credentials: SecretFile | None = None
    """What Prometheus sends, as a file in its container: a bearer token or, with `username`, a password."""

    username: str = ""
    """User of HTTP basic authentication; empty means a bearer token."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))
