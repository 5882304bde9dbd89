"""What runs: one frozen value per service, with only safe defaults.

A departure from the hardened default is a field here, and each such field carries its reason, so that it
shows in review.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType

from components.model.access import Flow, HostMount, Probe, Watch
from components.model.files import Bootstrap, Configuration
from components.model.forms import LEAST_MEMORY_MIB, is_plain_user
from components.model.images import Image
from components.model.mounts import DataVolume, Scratch
from components.model.naming import service_name
from components.model.parts import AddedCapability, Health, Limits, Metrics, Port, require
from components.model.problems import Problem, SpecError
from components.model.routes import Route
from components.model.secrets import SecretChange, SecretFile, SecretRef, SecretsFrom, SecretSource

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


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
    secrets_from: SecretsFrom = SecretsFrom.AGENT
    exports_reason: str = ""
    """Why its start script puts secrets into the program's environment; empty where it reads files."""

    on_secret_change: SecretChange = SecretChange.REPLACE
    settle: tuple[str, ...] = ()
    """Command in the container that brings what it keeps in line with its secrets; run once it is there and
    again whenever they change. It waits by itself until the program can be talked to."""

    renders_for: tuple[str, ...] = ()
    """Short names of the services whose secret files this one, an agent, writes."""

    bootstrap: Bootstrap | None = None
    volumes: tuple[DataVolume, ...] = ()
    scratch: tuple[Scratch, ...] = ()
    after: tuple[str, ...] = ()
    """Short names of services of the same node that must be healthy before this one starts."""

    metrics: Metrics | None = None
    probe: Probe | None = None
    """How others see that it works; None for what answers nobody."""

    talks_to: tuple[Flow, ...] = ()
    """The connections that it opens; those for metrics and probes follow from `watches`."""

    watches: tuple[Watch, ...] = ()
    """What it asks of all other services."""

    routes: tuple[Route, ...] = ()
    """The steps of its cascade, where it is the gateway."""

    host_mounts: tuple[HostMount, ...] = ()
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
        require(
            bool(_NAME.fullmatch(self.name)),
            f"{path}.name",
            "must be lower-case words joined by -",
            self.name,
        )
        require(
            is_plain_user(self.image.user),
            f"{path}.user",
            "must be numeric uid:gid, not root",
            self.image.user,
        )
        require(
            self.stop_grace_seconds > 0,
            f"{path}.stop_grace_seconds",
            "must be positive",
            self.stop_grace_seconds,
        )
        names = [port.name for port in self.ports]
        require(len(set(names)) == len(names), f"{path}.ports", "must have unique names", names)
        if self.metrics is not None:
            require(
                self.metrics.port in names,
                f"{path}.metrics.port",
                f"must be one of {names}",
                self.metrics.port,
            )
        if self.probe is not None:
            require(
                self.probe.port in names, f"{path}.probe.port", f"must be one of {names}", self.probe.port
            )
        self._check_secrets(path)
        for target in self.mount_paths:
            require(PurePosixPath(target).is_absolute(), f"{path}.mounts", "must be absolute paths", target)
        object.__setattr__(self, "env", MappingProxyType(dict(self.env)))

    def _check_secrets(self, path: str) -> None:
        """What the deploy layer takes for granted about secrets."""
        files = [file.name for file in self.secrets]
        require(len(set(files)) == len(files), f"{path}.secrets", "must have unique names", files)
        if self.rendered:
            require(
                bool(self.entrypoint),
                f"{path}.entrypoint",
                "must be given, because the container first waits for its secrets",
                self.entrypoint,
            )
        require(
            bool(self.settle) == (self.on_secret_change is SecretChange.SETTLE),
            f"{path}.settle",
            "must be given where a changed secret is settled, and nowhere else",
            self.settle,
        )
        reloads = self.configuration is not None and self.configuration.reload is not None
        require(
            reloads or self.on_secret_change is not SecretChange.RELOAD,
            f"{path}.on_secret_change",
            "must not be reload without a configuration that reloads",
            self.on_secret_change,
        )
        from_host = self.secrets_from is SecretsFrom.HOST
        require(
            not from_host or self.on_secret_change is SecretChange.NOTICE,
            f"{path}.on_secret_change",
            "must be notice for secrets delivered onto the disk",
            self.on_secret_change,
        )
        by_hand = [ref.name for ref in self.secret_references if ref.source is SecretSource.VAULT]
        require(not (from_host and by_hand), f"{path}.secrets", "must not come from the server", by_hand)

    @property
    def secret_references(self) -> tuple[SecretRef, ...]:
        """The distinct secrets that its files need, in the order of their first use."""
        return tuple(dict.fromkeys(ref for file in self.secrets for ref in file.references))

    @property
    def all_references(self) -> tuple[SecretRef, ...]:
        """Those of its files, and of its first start."""
        if self.bootstrap is None:
            return self.secret_references
        parts = (*self.bootstrap.file.parts, *self.bootstrap.ready_input)
        return (*self.secret_references, *(part for part in parts if isinstance(part, SecretRef)))

    @property
    def rendered(self) -> bool:
        """Whether the node's agent writes secret files for it."""
        return bool(self.secrets) and self.secrets_from is SecretsFrom.AGENT

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
            *((self.bootstrap.folder,) if self.bootstrap else ()),
            *(volume.path for volume in self.volumes),
            *(scratch.path for scratch in self.scratch),
            *(mount.target for mount in self.host_mounts),
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
