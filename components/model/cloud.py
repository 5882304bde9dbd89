"""Services at Railway as plain values: what runs there, how large, and what it may be asked from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from components.model.images import Image
from components.model.secrets import SecretRef

PRIVATE_DOMAIN = "railway.internal"
"""Services of one environment reach each other as `<service>.railway.internal`."""


class CloudRole(StrEnum):
    """What a service is there for; nothing at Railway may be the swarm's first choice for inference."""

    CACHE = "cache"
    WORKER = "worker"
    DASHBOARD = "dashboard"
    BACKUP_ROUTER = "backup-router"
    CPU_FALLBACK = "cpu-fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudVolume:
    """Storage that outlives deployments. Railway mounts it as root."""

    mount_path: str
    root_reason: str
    """Why the service may run as root, which a volume forces on it; a written exemption, never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudService:
    """One service of the project, in one environment."""

    name: str
    """Name there and private host name, e.g. `redis`."""

    role: CloudRole
    image: Image
    vcpus: float
    """Most CPU that it may take; what it uses is what it costs."""

    memory_gb: float
    """Most memory, in gigabytes of 10^9 bytes."""

    typical_vcpus: float
    """What it takes on an average day, for the estimate of cost."""

    typical_memory_gb: float
    port: int | None = None
    """Where it listens; None for a worker."""

    start_command: str = ""
    """Empty keeps the image's own."""

    health_path: str = ""
    health_timeout_seconds: int = 300
    variables: Mapping[str, str] = field(default_factory=dict)
    """What anybody in the project may read, including references like `${{redis.REDIS_USER}}`."""

    secrets: Mapping[str, tuple[str | SecretRef, ...]] = field(default_factory=dict)
    """Sealed variables: literal text and references, concatenated."""

    volume: CloudVolume | None = None
    public: bool = False
    """Whether it has a domain on the internet; only for what refuses callers without a key."""

    sleeps: bool = False
    """Whether Railway may stop it while nothing goes out of it."""

    after: tuple[str, ...] = ()
    """Services whose variables it refers to: a reference to what is not there yet stays empty for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The project at Railway that belongs to one stack."""

    project: str
    environment: str
    workspace_id: str
    region: str
    """Railway's id of it, e.g. `us-east4-eqdc4a`."""

    services: tuple[CloudService, ...]
    """In the order in which they are made."""

    @property
    def references(self) -> tuple[SecretRef, ...]:
        """The secrets that its services need."""
        parts = (part for service in self.services for text in service.secrets.values() for part in text)
        return tuple(part for part in parts if isinstance(part, SecretRef))
