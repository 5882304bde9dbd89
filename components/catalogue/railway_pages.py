"""Services at Railway that people look at: the router's figures, and research that asks it."""

from __future__ import annotations

from typing import Final

from components.catalogue import gpt_researcher, litellm
from components.catalogue.credentials import (
    OPERATOR_NAME,
    RAILWAY_DASHBOARD_PASSWORD,
    RAILWAY_ROUTER_KEY_PARTS,
)
from components.catalogue.images import image
from components.config.settings import Settings
from components.model.cloud import CloudRole, CloudService, private_host
from components.render.cloud import FILES, render_scrapes, start_command
from components.render.grafana import render_datasources

_METRICS: Final = "metrics"
_DASHBOARD: Final = "dashboard"
_RESEARCH: Final = "research"
_METRICS_PORT: Final = 9090
_DASHBOARD_PORT: Final = 3000
_RESEARCH_PORT: Final = 8000


def pages(settings: Settings, *, router: str) -> tuple[CloudService, ...]:
    """Figures, the dashboard over them, and research; none has a domain, a forwarder of the tailnet leads in.

    Args:
        router: Name of the service that answers requests for models.
    """
    return (_metrics(settings, router), _dashboard(settings), *_research(settings, router))


def _metrics(settings: Settings, router: str) -> CloudService:
    """What the dashboard draws: a day of the router's figures, in memory."""
    config, key = f"{FILES}/prometheus.yml", f"{FILES}/router.key"
    return CloudService(
        name=_METRICS,
        role=CloudRole.DASHBOARD,
        image=image(settings, "prometheus"),
        vcpus=1,
        memory_gb=0.5,
        typical_vcpus=0.02,
        typical_memory_gb=0.1,
        port=_METRICS_PORT,
        start_command=start_command(
            files={config: "PROMETHEUS_CONFIG", key: "ROUTER_KEY"},
            command=(
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={FILES}/data",
                "--storage.tsdb.retention.time=1d",
                f"--web.listen-address=[::]:{_METRICS_PORT}",
            ),
        ),
        health_path="/-/ready",
        variables={
            "PROMETHEUS_CONFIG": render_scrapes(
                router=f"{private_host(router)}:{litellm.PORT}",
                router_path=litellm.METRICS_PATH,
                key_file=key,
            )
        },
        secrets={"ROUTER_KEY": RAILWAY_ROUTER_KEY_PARTS},
    )


def _dashboard(settings: Settings) -> CloudService:
    """Grafana over those figures. It has no domain: a person comes in through a forwarder of the tailnet."""
    return CloudService(
        name=_DASHBOARD,
        role=CloudRole.DASHBOARD,
        image=image(settings, "grafana"),
        vcpus=1,
        memory_gb=1,
        typical_vcpus=0.01,
        typical_memory_gb=0.05,
        port=_DASHBOARD_PORT,
        start_command=start_command(
            files={f"{FILES}/provisioning/datasources/sources.yml": "DATA_SOURCES"}, command=("/run.sh",)
        ),
        health_path="/api/health",
        variables={
            "DATA_SOURCES": render_datasources(
                prometheus_url=f"http://{private_host(_METRICS)}:{_METRICS_PORT}", alertmanager_url=""
            ),
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_AUTH_ANONYMOUS_ENABLED": "false",
            "GF_PATHS_PROVISIONING": f"{FILES}/provisioning",
            "GF_SECURITY_ADMIN_USER": OPERATOR_NAME,
            "GF_SERVER_HTTP_PORT": str(_DASHBOARD_PORT),
            "GF_USERS_ALLOW_SIGN_UP": "false",
        },
        secrets={"GF_SECURITY_ADMIN_PASSWORD": (RAILWAY_DASHBOARD_PASSWORD,)},
        sleeps=True,
    )


def _research(settings: Settings, router: str) -> tuple[CloudService, ...]:
    """GPT Researcher, where the stack file says from which registry Railway can have our image."""
    if gpt_researcher.NAME not in settings.images:
        return ()
    key, password = f"{FILES}/router.key", f"{FILES}/page.password"
    return (
        CloudService(
            name=_RESEARCH,
            role=CloudRole.WORKER,
            image=image(settings, gpt_researcher.NAME),
            vcpus=2,
            memory_gb=2,
            typical_vcpus=0.02,
            typical_memory_gb=0.1,
            port=_RESEARCH_PORT,
            start_command=start_command(
                files={key: "ROUTER_KEY", password: "PAGE_PASSWORD"}, command=("python3", "-m", "research")
            ),
            health_path=gpt_researcher.HEALTH_PATH,
            variables={
                **gpt_researcher.models(settings),
                "DOC_PATH": f"{FILES}/documents",
                "HOME": FILES,
                "HOST": "::",
                "OPENAI_API_KEY_FILE": key,
                "OPENAI_BASE_URL": f"http://{private_host(router)}:{litellm.PORT}/v1",
                "OPERATOR_NAME": OPERATOR_NAME,
                "OPERATOR_PASSWORD_FILE": password,
                "OUTPUT_PATH": f"{FILES}/outputs",
            },
            secrets={
                "PAGE_PASSWORD": (RAILWAY_DASHBOARD_PASSWORD,),
                "ROUTER_KEY": RAILWAY_ROUTER_KEY_PARTS,
            },
            sleeps=True,
        ),
    )
