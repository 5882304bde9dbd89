"""Grafana on oracle: the pages on which people see how the swarm does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.catalogue import postgres
from components.catalogue.credentials import (
    GRAFANA_DATABASE_PASSWORD,
    GRAFANA_METRICS_PASSWORD,
    GRAFANA_NAME,
    GRAFANA_SECRET_KEY,
    OPERATOR_NAME,
    OPERATOR_PASSWORD,
)
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Flow, Probe, Protocol
from components.model.endpoints import ManagedEndpoint
from components.model.files import ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.naming import service_name
from components.model.parts import Health, Metrics, Port
from components.model.secrets import SecretFile
from components.model.specs import ServiceSpec
from components.render.grafana import render_dashboard_provider, render_datasources, render_grafana_start

NAME: Final = "grafana"
PUBLISHED: Final = 3001
METRICS_USER: Final = "prometheus"

_PORT: Final = 3000
_FOLDER: Final = "/etc/swarm-grafana"
_DASHBOARDS: Final = "boards"
"""Folder of the dashboards themselves; `dashboards` is Grafana's name for that of their providers."""

_DATA: Final = "/var/lib/grafana"
_HEALTH_PATH: Final = "/api/health"
_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    refused="/api/search",
    open_paths={
        _HEALTH_PATH: "says that the program lives and reaches its database, and its version",
        "/login": "the page to sign in",
    },
    people=True,
)
_DATABASE_PASSWORD: Final = SecretFile(name="database_password", parts=(GRAFANA_DATABASE_PASSWORD,))
_ADMIN_PASSWORD: Final = SecretFile(name="admin_password", parts=(OPERATOR_PASSWORD,))
_SECRET_KEY: Final = SecretFile(name="secret_key", parts=(GRAFANA_SECRET_KEY,))
_METRICS_PASSWORD: Final = SecretFile(name="metrics_password", parts=(GRAFANA_METRICS_PASSWORD,))
_METRICS: Final = Metrics(
    port="http",
    credentials=SecretFile(name="grafana_metrics_password", parts=(GRAFANA_METRICS_PASSWORD,)),
    username=METRICS_USER,
)
_SECRET_SETTINGS: Final = {
    "GF_DATABASE_PASSWORD": _DATABASE_PASSWORD,
    "GF_METRICS_BASIC_AUTH_PASSWORD": _METRICS_PASSWORD,
    "GF_SECURITY_ADMIN_PASSWORD": _ADMIN_PASSWORD,
    "GF_SECURITY_SECRET_KEY": _SECRET_KEY,
}
"""The image's start script reads each from the file that the variable with `__FILE` behind its name holds."""

_ENVIRONMENT: Final = {
    # Nobody is told of us, and nothing is asked for or downloaded.
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    # Who gets in: the operator, and whom the operator adds.
    "GF_AUTH_ANONYMOUS_ENABLED": "false",
    "GF_SECURITY_ADMIN_USER": OPERATOR_NAME,
    "GF_USERS_ALLOW_SIGN_UP": "false",
    "GF_DATABASE_NAME": GRAFANA_NAME,
    # Inside the node's own Docker network.
    "GF_DATABASE_SSL_MODE": "disable",
    "GF_DATABASE_TYPE": "postgres",
    "GF_DATABASE_USER": GRAFANA_NAME,
    "GF_METRICS_BASIC_AUTH_USERNAME": METRICS_USER,
    "GF_METRICS_ENABLED": "true",
    "GF_PATHS_PROVISIONING": _FOLDER,
    "GF_SERVER_HTTP_PORT": str(_PORT),
    **{f"{name}__FILE": file.path for name, file in _SECRET_SETTINGS.items()},
}


def grafana(
    settings: Settings,
    *,
    node: str,
    prometheus: ManagedEndpoint,
    alertmanager: ManagedEndpoint | None,
    dashboards: Mapping[str, str],
) -> ServiceSpec:
    """The pages, with the operator's account; its state is in PostgreSQL, the volume holds what can be lost.

    Args:
        alertmanager: None where nothing tells people of alerts.
        dashboards: Grafana's JSON by file name, e.g. `overview.json`.
    """
    sources = (prometheus, alertmanager) if alertmanager else (prometheus,)
    return ServiceSpec(
        node=node,
        name=NAME,
        image=image(settings, NAME),
        limits=limits(settings, node, NAME, memory_mib=768, cpus="1.0"),
        health=Health(
            test=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{_PORT}{_HEALTH_PATH}"),
            start_period_seconds=120,
        ),
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env={**_ENVIRONMENT, **_addresses(settings, node)},
        ports=(Port(name="http", container=_PORT, published=PUBLISHED, access=_ACCESS),),
        probe=Probe(port="http", path=_HEALTH_PATH),
        configuration=Configuration(folder=_FOLDER, files=_files(prometheus, alertmanager, dashboards)),
        exports_reason="the image's own script exports what variables named *__FILE point to",
        secrets=tuple(_SECRET_SETTINGS.values()),
        volumes=(DataVolume(name="data", path=_DATA),),
        scratch=(Scratch(),),
        after=("postgres",),
        metrics=_METRICS,
        talks_to=(
            Flow(to=service_name(node, postgres.NAME), port="postgres"),
            *(Flow(to=source.service, port="http") for source in sources),
        ),
        start_timeout_seconds=300,
    )


def _addresses(settings: Settings, node: str) -> dict[str, str]:
    return {
        "GF_DATABASE_HOST": f"{service_name(node, postgres.NAME)}:{postgres.PORT}",
        "GF_SERVER_ROOT_URL": f"http://{settings.nodes.by_name()[node].address}:{PUBLISHED}/",
    }


def _files(
    prometheus: ManagedEndpoint, alertmanager: ManagedEndpoint | None, dashboards: Mapping[str, str]
) -> tuple[ConfigFile, ...]:
    start = render_grafana_start(
        database_password=_DATABASE_PASSWORD.path,
        admin_password=_ADMIN_PASSWORD.path,
        secret_key=_SECRET_KEY.path,
    )
    sources = render_datasources(
        prometheus_url=f"http://{prometheus.address}",
        alertmanager_url=f"http://{alertmanager.address}" if alertmanager else "",
    )
    provider = render_dashboard_provider(folder=f"{_FOLDER}/{_DASHBOARDS}")
    # A provider of a folder that is not there fails at every look.
    providers = (ConfigFile(name="dashboards/swarm.yml", text=provider),) if dashboards else ()
    return (
        ConfigFile(name="start.sh", text=start),
        ConfigFile(name="datasources/swarm.yml", text=sources),
        *providers,
        *(ConfigFile(name=f"{_DASHBOARDS}/{name}", text=text) for name, text in sorted(dashboards.items())),
    )
