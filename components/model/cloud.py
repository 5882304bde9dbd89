"""Services at Railway as plain values: what runs there, how large, and what it may be asked from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from components.model.images import Image
from components.model.secrets import SecretRef

PUBLIC_DOMAIN = "up.railway.app"
"""Domains that Railway gives out end so."""

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
    """Where it listens, which it is told as `PORT`; None for a worker."""

    start_command: str = ""
    """Empty keeps the image's own."""

    health_path: str = ""
    health_timeout_seconds: int = 300
    variables: Mapping[str, str] = field(default_factory=dict)
    """What anybody in the project may read, including references like `${{redis.REDIS_USER}}`."""

    secrets: Mapping[str, tuple[str | SecretRef, ...]] = field(default_factory=dict)
    """Sealed variables: literal text and references, concatenated."""

    volume: CloudVolume | None = None
    root_reason: str = ""
    """Why it may run as root, which volumes enforce and some images are built for; a written exemption."""

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

    domain_label: str
    """First part of the domain of the one public service."""

    services: tuple[CloudService, ...]
    """In the order in which they are made."""

    @property
    def references(self) -> tuple[SecretRef, ...]:
        """The secrets that its services need."""
        parts = (part for service in self.services for text in service.secrets.values() for part in text)
        return tuple(part for part in parts if isinstance(part, SecretRef))


DOLLARS_PER_VCPU_MONTH = 20.0
DOLLARS_PER_GB_MONTH = 10.0
"""Railway's prices of what a service uses, not of what it may use (its pricing plans, read 2026-11-23)."""

INCLUDED_DOLLARS = 20.0
"""The fee of the Pro plan, which pays for as much usage."""


def monthly_dollars(service: CloudService) -> float:
    """What a service costs on average days, without what it sends out ($0.05 a gigabyte)."""
    cpu = service.typical_vcpus * DOLLARS_PER_VCPU_MONTH
    return round(cpu + service.typical_memory_gb * DOLLARS_PER_GB_MONTH, 2)


def ceiling_dollars(service: CloudService) -> float:
    """What a service costs that is busy at its limits all month: the most that Railway can ask for it."""
    return round(service.vcpus * DOLLARS_PER_VCPU_MONTH + service.memory_gb * DOLLARS_PER_GB_MONTH, 2)


def bill(cloud: Cloud) -> float:
    """What the project costs a month on average days, in dollars, its plan's fee included."""
    return round(max(INCLUDED_DOLLARS, sum(map(monthly_dollars, cloud.services))), 2)


def private_host(service: str) -> str:
    """Where the services of one environment find each other."""
    return f"{service}.{PRIVATE_DOMAIN}"
