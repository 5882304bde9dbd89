"""HAProxy: the front door, one pool per engine, and the pages for operators.

The text is valid for 2.6 and 3.2 alike. Compression and other filters on answers are absent because they
would hold back the chunks of a stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.model.endpoints import ManagedEndpoint
from components.model.secrets import SecretRef
from components.render.litellm import ANSWER_SECONDS, LIVENESS_PATH
from components.render.text import from_template


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A listener inside the node's network that leads to one engine."""

    name: str
    port: int
    engine: ManagedEndpoint
    requests: int
    """Requests the engine works on at once; more wait in the proxy."""

    queue_seconds: int
    """How long one may wait before the next step of the cascade is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The router at Railway: the cascade's step behind the engines, and the gateway's stand-in."""

    name: str
    """Of its listener and of its server, shown in statistics."""

    port: int
    domain: str
    address: str
    """`host:port` that leads there."""

    authority: str = ""
    """Whom its certificate must be from, as PEM text; empty for those that the image trusts."""

    authority_file: str

    keys_file: str
    """Pairs of a client's key and the router's: only their holders are served while the gateway is away."""

    first_chunk_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A listener that asks people for the operator's password before it leads to a program without users."""

    name: str
    port: int
    """In the container and on the node alike."""

    service: ManagedEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Ports in the container; all above 1023, which a program without root may take anywhere."""

    http: int
    https: int
    api_internal: int
    stats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where the proxy leads, beside the gateway."""

    pools: Sequence[Pool]
    cloud: Cloud | None = None
    pages: Sequence[Page] = ()


def render_proxy(
    *,
    listeners: Listeners,
    ways: Ways,
    gateway: ManagedEndpoint,
    requests_per_minute: int,
    certificate_file: str,
    keys_file: str | None,
    health_path: str,
) -> str:
    """Text of haproxy.cfg.

    The user list `operators` comes from another file, which holds a password. With `keys_file`, only
    requests pass whose Authorization header is one of its lines.
    """
    return from_template(
        "haproxy/haproxy.cfg",
        answer_seconds=ANSWER_SECONDS,
        liveness_path=LIVENESS_PATH,
        http_port=listeners.http,
        https_port=listeners.https,
        api_internal_port=listeners.api_internal,
        stats_port=listeners.stats,
        certificate_file=certificate_file,
        requests_per_minute=requests_per_minute,
        stand_in=from_template("haproxy/stand_in.cfg", keys_file=ways.cloud.keys_file) if ways.cloud else "",
        cloud=_cloud(ways.cloud) if ways.cloud else "",
        known_keys=_known_keys(keys_file) if keys_file else "",
        gateway_name=gateway.service,
        gateway_address=gateway.address,
        health_path=health_path,
        pools="\n".join(_pool(pool) for pool in ways.pools).rstrip(),
        pages="\n".join(_page(page) for page in ways.pages).rstrip(),
    )


def _known_keys(file: str) -> str:
    return from_template("haproxy/known_keys.cfg", file=file, liveness_path=LIVENESS_PATH)


def _pool(pool: Pool) -> str:
    return from_template(
        "haproxy/pool.cfg",
        name=pool.name,
        port=pool.port,
        engine=pool.engine.service,
        address=pool.engine.address,
        requests=pool.requests,
        queue_seconds=pool.queue_seconds,
    )


def _cloud(cloud: Cloud) -> str:
    return from_template(
        "haproxy/cloud.cfg",
        name=cloud.name,
        port=cloud.port,
        domain=cloud.domain,
        address=cloud.address,
        authority=cloud.authority_file,
        keys_file=cloud.keys_file,
        liveness_path=LIVENESS_PATH,
        seconds=cloud.first_chunk_seconds,
    )


def _page(page: Page) -> str:
    return from_template(
        "haproxy/page.cfg",
        name=page.name,
        port=page.port,
        service=page.service.service,
        address=page.service.address,
    )


def operators_parts(*, user: str, password: SecretRef) -> tuple[str | SecretRef, ...]:
    """Lines of the user list.

    HAProxy reads passwords from configuration only, so this part of it is a secret file of its own. The
    word `insecure-password` means that the file holds no hash.
    """
    return (f"userlist operators\n    user {user} insecure-password ", password, "\n")
