"""HAProxy on oracle: TLS and rate limit before the gateway, health and queues before the engines."""

from __future__ import annotations

from typing import Final

from components.catalogue import litellm
from components.catalogue.credentials import (
    LITELLM_MASTER_KEY_PARTS,
    OPERATOR_NAME,
    OPERATOR_PASSWORD,
    RAILWAY_ROUTER_KEY_PARTS,
    TLS_CERTIFICATE,
    TLS_PRIVATE_KEY,
)
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Flow, Probe, Protocol
from components.model.endpoints import ManagedEndpoint
from components.model.files import ConfigFile, Configuration, Reload
from components.model.naming import service_name
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretChange, SecretFile
from components.model.specs import ServiceSpec
from components.render.haproxy import Listeners, Ways, operators_parts, render_proxy
from components.render.litellm import LIVENESS_PATH

API_INTERNAL: Final = 4000
"""The gateway for the swarm's own services, in plain HTTP: the tailnet encrypts what leaves a node."""

FOLDER: Final = "/usr/local/etc/haproxy"
_LISTENERS: Final = Listeners(http=8080, https=8443, api_internal=API_INTERNAL, stats=8888)
_HEALTH_PATH: Final = "/healthz"
_OPERATORS: Final = SecretFile(
    name="operators.cfg", parts=operators_parts(user=OPERATOR_NAME, password=OPERATOR_PASSWORD)
)
_KEYS: Final = SecretFile(name="keys", parts=("Bearer ", *LITELLM_MASTER_KEY_PARTS, "\n"))
"""The only key that opens a gateway without a database."""

CLOUD_KEYS: Final = SecretFile(
    name="cloud_keys", parts=(*LITELLM_MASTER_KEY_PARTS, " ", *RAILWAY_ROUTER_KEY_PARTS, "\n")
)
"""The one client's key that the router at Railway stands in for, and the router's own: keys that the gateway
made are known to its database alone."""

AUTHORITY: Final = "cloud-ca.pem"
_CERTIFICATE: Final = SecretFile(name="tls.pem", parts=(TLS_CERTIFICATE, "\n", TLS_PRIVATE_KEY, "\n"))


_REDIRECT: Final = Access(
    protocol=Protocol.HTTP, open_paths={"/": "nothing but the redirect to TLS"}, people=True
)
_LIVES: Final = {LIVENESS_PATH: "says that the gateway lives"}
_API: Final = Access(protocol=Protocol.HTTPS, refused="/v1/models", open_paths=_LIVES, people=True)
_API_INTERNAL: Final = Access(protocol=Protocol.HTTP, refused="/v1/models", open_paths=_LIVES)
_PAGE: Final = Access(protocol=Protocol.HTTP, refused="/", people=True)
_STATS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/stats",
    open_paths={_HEALTH_PATH: "says that the proxy lives"},
    people=True,
)
_HEALTH: Final = Health(
    test=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{_LISTENERS.stats}{_HEALTH_PATH}"),
    interval_seconds=5,
    start_period_seconds=10,
)


def haproxy(settings: Settings, *, node: str, ways: Ways) -> ServiceSpec:
    """The proxy, in master-worker mode: a signal makes it take a new configuration while streams go on.

    Its pages are programs of people without users of their own; their port is named `http` in their specs.
    The entrypoint is given because the image's own adds arguments that differ between versions.
    """
    return ServiceSpec(
        node=node,
        name="haproxy",
        image=image(settings, "haproxy"),
        limits=limits(settings, node, "haproxy", memory_mib=512, cpus="2.0"),
        health=_HEALTH,
        entrypoint=("haproxy",),
        command=("-W", "-db", *_files(FOLDER)),
        ports=_ports(ways),
        configuration=Configuration(
            folder=FOLDER,
            files=_texts(settings, node, ways),
            reload=Reload(check=("haproxy", "-c", *_files("{folder}")), signal="USR2"),
        ),
        secrets=_secrets(settings, ways),
        on_secret_change=SecretChange.RELOAD,
        probe=Probe(port="stats", path=_HEALTH_PATH),
        talks_to=(
            Flow(to=service_name(node, "litellm"), port="http"),
            *(Flow(to=pool.engine.service, port="http") for pool in ways.pools),
            *(Flow(to=page.service.service, port="http") for page in ways.pages),
        ),
        metrics=Metrics(
            port="stats",
            username=OPERATOR_NAME,
            credentials=SecretFile(
                name=f"{service_name(node, 'haproxy')}.password", parts=(OPERATOR_PASSWORD,)
            ),
        ),
    )


def _ports(ways: Ways) -> tuple[Port, ...]:
    return (
        Port(name="http", container=_LISTENERS.http, published=80, access=_REDIRECT),
        Port(name="https", container=_LISTENERS.https, published=443, access=_API),
        Port(name="stats", container=_LISTENERS.stats, published=8888, access=_STATS),
        Port(name="api-internal", container=API_INTERNAL, published=API_INTERNAL, access=_API_INTERNAL),
        *(
            Port(name=page.name, container=page.port, published=page.port, access=_PAGE)
            for page in ways.pages
        ),
        *(Port(name=pool.name, container=pool.port) for pool in ways.pools),
        *((Port(name=ways.cloud.name, container=ways.cloud.port),) if ways.cloud else ()),
    )


def _secrets(settings: Settings, ways: Ways) -> tuple[SecretFile, ...]:
    keys = () if settings.gateway.database else (_KEYS,)
    return (_OPERATORS, _CERTIFICATE, *keys, *((CLOUD_KEYS,) if ways.cloud else ()))


def _texts(settings: Settings, node: str, ways: Ways) -> tuple[ConfigFile, ...]:
    config = ConfigFile(name="haproxy.cfg", text=_config(settings, node, ways))
    if ways.cloud and ways.cloud.authority:
        return (config, ConfigFile(name=AUTHORITY, text=ways.cloud.authority))
    return (config,)


def _files(folder: str) -> tuple[str, ...]:
    """The user list comes last: 3.2 takes some global settings only before any other section."""
    return ("-f", f"{folder}/haproxy.cfg", "-f", _OPERATORS.path)


def _config(settings: Settings, node: str, ways: Ways) -> str:
    gateway = service_name(node, "litellm")
    return render_proxy(
        listeners=_LISTENERS,
        ways=ways,
        gateway=ManagedEndpoint(service=gateway, host=gateway, port=litellm.PORT),
        requests_per_minute=settings.gateway.requests_per_minute,
        certificate_file=_CERTIFICATE.path,
        keys_file=None if settings.gateway.database else _KEYS.path,
        health_path=_HEALTH_PATH,
    )
