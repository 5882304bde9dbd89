"""What runs: one frozen value per service, with only safe defaults.

A departure from the hardened default is a field here, and each such field carries its reason, so that it
shows in review.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType

from components.model.forms import CANONICAL_CPUS, LEAST_MEMORY_MIB, is_canonical_cpus, is_plain_user
from components.model.images import Image
from components.model.naming import service_name
from components.model.problems import Problem, SpecError
from components.model.secrets import SecretFile

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _require(holds: bool, path: str, expected: str, got: object) -> None:
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
        _require(
            self.memory_mib >= LEAST_MEMORY_MIB,
            "limits.memory_mib",
            f"must be at least {LEAST_MEMORY_MIB} (Docker's minimum)",
            self.memory_mib,
        )
        _require(
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
        _require(allowed, "health.test", 'must be ("CMD", …), ("CMD-SHELL", …) or ("NONE",)', self.test)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """One rendered file. It holds no secret: its text may be shown in a preview."""

    name: str
    """Path below the service's configuration folder."""

    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """How a running program takes a changed configuration without being replaced."""

    check: tuple[str, ...]
    """Command in the container that refuses bad files once they, and the secrets, lie in place; `{folder}` is
    the configuration's folder."""

    signal: str
    """Signal to the container that makes it read the files again, e.g. `HUP`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A service's configuration folder, mounted read-only."""

    folder: str
    """Path in the container."""

    files: tuple[ConfigFile, ...]
    reload: Reload | None = None
    """None: a change of any file replaces the container."""

    @property
    def digest(self) -> str:
        """16 hex digits over names, modes and texts."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.name):
            digest.update(f"{file.name}\0{file.executable}\0{file.text}\0".encode())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVolume:
    """A named volume that outlives its container: protected and retained.

    The path must exist in the image and belong to the image's user: Docker copies the ownership from there
    when it fills a new volume, and nothing else could set it without root.
    """

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A tmpfs folder, for programs that write below a read-only root."""

    path: str = "/tmp"  # noqa: S108 (in the container, where nobody else is)
    size_mib: int = 64


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
    credentials: SecretFile | None = None
    """What Prometheus sends, as a file in its container: a bearer token or, with `username`, a password."""

    username: str = ""
    """User of HTTP basic authentication; empty means a bearer token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """One container on one node, as far as it can be said without touching anything."""

    node: str
    name: str
    """Short name, unique on the node, e.g. `postgres`."""

    image: Image
    limits: Limits
    least_memory_mib: int = LEAST_MEMORY_MIB
    """What the service certainly needs with its settings: a smaller limit kills it, so it is refused."""

    health: Health
    entrypoint: tuple[str, ...] = ()
    """Replaces the image's own; empty keeps it, and `command` then holds arguments only."""

    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    """Plain settings; never a secret and nothing that differs from build to build."""

    ports: tuple[Port, ...] = ()
    configuration: Configuration | None = None
    secrets: tuple[SecretFile, ...] = ()
    volumes: tuple[DataVolume, ...] = ()
    scratch: tuple[Scratch, ...] = ()
    after: tuple[str, ...] = ()
    """Short names of services of the same node that must be healthy before this one starts."""

    metrics: Metrics | None = None
    gpu: bool = False
    """Hands the node's GPUs to the container."""

    gpu_share: float = 0.0
    """Part of the node's GPU memory that the service takes; a stand-in has a share but no GPU, so that
    the sum is checked all the same."""

    stop_grace_seconds: int = 30
    """Time between the stop signal and SIGKILL on replacement and removal; without it the docker provider
    kills at once."""

    start_timeout_seconds: int = 120
    """How long the service may take to become healthy where something waits for it."""

    added_capabilities: tuple[AddedCapability, ...] = ()
    writable_root_reason: str = ""
    """Why the program cannot live with a read-only root; empty keeps the root read-only."""

    def __post_init__(self) -> None:
        path = f"{self.node}.{self.name}"
        _require(
            bool(_NAME.fullmatch(self.name)),
            f"{path}.name",
            "must be lower-case words joined by -",
            self.name,
        )
        _require(
            is_plain_user(self.image.user),
            f"{path}.user",
            "must be numeric uid:gid, not root",
            self.image.user,
        )
        _require(
            self.stop_grace_seconds > 0,
            f"{path}.stop_grace_seconds",
            "must be positive",
            self.stop_grace_seconds,
        )
        names = [port.name for port in self.ports]
        _require(len(set(names)) == len(names), f"{path}.ports", "must have unique names", names)
        if self.metrics is not None:
            _require(
                self.metrics.port in names,
                f"{path}.metrics.port",
                f"must be one of {names}",
                self.metrics.port,
            )
        for target in self.mount_paths:
            _require(PurePosixPath(target).is_absolute(), f"{path}.mounts", "must be absolute paths", target)
        object.__setattr__(self, "env", MappingProxyType(dict(self.env)))

    @property
    def full_name(self) -> str:
        """Name in the whole swarm, e.g. `oracle-postgres`."""
        return service_name(self.node, self.name)

    @property
    def mount_paths(self) -> tuple[str, ...]:
        """Every path in the container that is mounted from outside."""
        configuration = (self.configuration.folder,) if self.configuration else ()
        return (
            *configuration,
            *(volume.path for volume in self.volumes),
            *(scratch.path for scratch in self.scratch),
        )

    def port(self, name: str) -> Port:
        """The port called `name`.

        Raises:
            SpecError: The service has no such port.
        """
        for port in self.ports:
            if port.name == name:
                return port
        raise SpecError(Problem(f"{self.full_name}.ports", f"must have a port named {name!r}"))

    def published_port(self, name: str) -> int:
        """Number on the node of the port called `name`, for who looks from another node.

        Raises:
            SpecError: The service has no such port, or it is not published.
        """
        published = self.port(name).published
        if published is None:
            raise SpecError(Problem(f"{self.full_name}.ports", f"must publish the port named {name!r}"))
        return published
