"""What runs at Railway: a router that answers when oracle's cannot, and what it needs. Never a first choice.

Everything is in the project's private network but the router, which asks every caller for its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.catalogue import gpt_researcher, litellm
from components.catalogue.credentials import (
    OPERATOR_NAME,
    RAILWAY_DASHBOARD_PASSWORD,
    RAILWAY_MODEL_KEY,
    RAILWAY_REDIS_PASSWORD,
    RAILWAY_ROUTER_KEY_PARTS,
)
from components.catalogue.images import image
from components.config.settings import Settings
from components.model.cloud import PRIVATE_DOMAIN, PUBLIC_DOMAIN, Cloud, CloudRole, CloudService
from components.model.secrets import SecretSource
from components.render.cloud import FILES, render_cache, render_scrapes, start_command
from components.render.grafana import render_datasources
from components.render.litellm import LIVENESS_PATH, RemoteStep, Step, render_config

CONTEXT_TOKENS: Final = 4096
"""What Phi-3-mini-4k was trained for."""

ANSWER_TOKENS: Final = 512
"""Longest answer: a CPU writes a few tokens a second, and a person's patience ends."""

QUESTION_TOKENS: Final = CONTEXT_TOKENS - ANSWER_TOKENS
"""Longest request that the routers send there; longer ones go to the next step."""

FIRST_CHUNK_SECONDS: Final = 240
"""A CPU reads a request before it writes, and Railway wakes the service first."""

ROUTER: Final = "router"
_MODEL: Final = "phi-3"
_CACHE: Final = "cache"
_METRICS: Final = "metrics"
_DASHBOARD: Final = "dashboard"
_RESEARCH: Final = "research"

_MODEL_PORT: Final = 8080
_METRICS_PORT: Final = 9090
_DASHBOARD_PORT: Final = 3000
_RESEARCH_PORT: Final = 8000
_REDIS_PORT: Final = 6379
_AT_ONCE: Final = 2
_CACHE_MIB: Final = 256


def cloud(settings: Settings) -> Cloud | None:
    """The project, or None where it is not wanted."""
    railway = settings.railway
    if not railway.enabled:
        return None
    return Cloud(
        project=railway.project,
        environment=railway.environment,
        workspace_id=railway.workspace_id or "",
        region=railway.region,
        domain_label=railway.domain_label,
        services=(
            _cache(settings),
            _model(settings),
            _router(settings),
            _metrics(settings),
            _dashboard(settings),
            *_research(settings),
        ),
    )


def domain(settings: Settings) -> str:
    """Where the router answers on the internet."""
    return f"{settings.railway.domain_label}.{PUBLIC_DOMAIN}"


def _host(service: str) -> str:
    return f"{service}.{PRIVATE_DOMAIN}"


def _cache(settings: Settings) -> CloudService:
    """The router's cache; without a volume, so that it needs no root and loses nothing that counts."""
    password, config = f"{FILES}/password.conf", f"{FILES}/redis.conf"
    return CloudService(
        name=_CACHE,
        role=CloudRole.CACHE,
        image=image(settings, "redis"),
        vcpus=1,
        memory_gb=0.5,
        typical_vcpus=0.01,
        typical_memory_gb=0.03,
        port=_REDIS_PORT,
        start_command=start_command(
            files={config: "REDIS_CONFIG", password: "REDIS_USER_CONFIG"}, command=("redis-server", config)
        ),
        variables={"REDIS_CONFIG": render_cache(password_file=password, memory_mib=_CACHE_MIB)},
        secrets={"REDIS_USER_CONFIG": ("requirepass ", RAILWAY_REDIS_PASSWORD, "\n")},
    )


def _model(settings: Settings) -> CloudService:
    """Phi-3-mini on CPU, which Railway stops while nobody asks: awake all month it would cost $60.

    llama.cpp divides its context among the requests that it works on at once.
    """
    return CloudService(
        name=_MODEL,
        role=CloudRole.CPU_FALLBACK,
        image=image(settings, "llama-cpp"),
        vcpus=8,
        memory_gb=8,
        typical_vcpus=0.05,
        typical_memory_gb=0.2,
        port=_MODEL_PORT,
        start_command=start_command(
            files={},
            command=(
                "/app/llama-server",
                *("--host", "::", "--port", str(_MODEL_PORT)),
                *("--hf-repo", "microsoft/Phi-3-mini-4k-instruct-gguf"),
                *("--hf-file", "Phi-3-mini-4k-instruct-q4.gguf"),
                *("--alias", _MODEL),
                *("--ctx-size", str(CONTEXT_TOKENS * _AT_ONCE), "--parallel", str(_AT_ONCE)),
                *("--n-predict", str(ANSWER_TOKENS)),
            ),
        ),
        health_path="/health",
        health_timeout_seconds=900,
        variables={"LLAMA_CACHE": f"{FILES}/models"},
        secrets={"LLAMA_API_KEY": (RAILWAY_MODEL_KEY,)},
        root_reason="the image is built for root, and Railway lets nobody choose another user; no volume",
        sleeps=True,
    )


def _router(settings: Settings) -> CloudService:
    """LiteLLM without a database: it knows one key, which only oracle's proxy and gateway hold.

    It keeps no keys of paid models but those that the stack file itself holds: what is in the Vault server
    never leaves the swarm.
    """
    remote = [
        (step, key)
        for step, key in litellm.remote_steps(settings)
        if key.source is SecretSource.CONFIGURED and not step.public_name
    ]
    config = f"{FILES}/config.yaml"
    return CloudService(
        name=ROUTER,
        role=CloudRole.BACKUP_ROUTER,
        image=image(settings, "litellm"),
        vcpus=2,
        memory_gb=2,
        typical_vcpus=0.05,
        typical_memory_gb=0.6,
        port=litellm.PORT,
        start_command=start_command(
            files={config: "LITELLM_CONFIG"},
            command=("litellm", "--config", config, "--host", "0.0.0.0", "--port", str(litellm.PORT)),  # noqa: S104 (in the container)
        ),
        health_path=LIVENESS_PATH,
        variables={
            "DISABLE_ADMIN_UI": "True",
            "HOME": FILES,
            "LITELLM_CONFIG": _router_config(settings, [step for step, _ in remote]),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR",
        },
        secrets={
            "LITELLM_MASTER_KEY": RAILWAY_ROUTER_KEY_PARTS,
            "MODEL_KEY": (RAILWAY_MODEL_KEY,),
            "REDIS_PASSWORD": (RAILWAY_REDIS_PASSWORD,),
            **{step.key_variable: (key,) for step, key in remote},
        },
        public=True,
    )


def _router_config(settings: Settings, remote: Sequence[RemoteStep]) -> str:
    step = Step(
        name=f"railway-{_MODEL}",
        model=_MODEL,
        pool="",
        url=f"http://{_host(_MODEL)}:{_MODEL_PORT}/v1",
        max_input_tokens=QUESTION_TOKENS,
        key_variable="MODEL_KEY",
        first_chunk_seconds=FIRST_CHUNK_SECONDS,
    )
    return render_config(
        public_name=settings.models.public_name,
        steps=(step,),
        remote=remote,
        redis_host=_host(_CACHE),
        redis_port=_REDIS_PORT,
        redis_user="default",
        database=False,
    )


def _metrics(settings: Settings) -> CloudService:
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
                router=f"{_host(ROUTER)}:{litellm.PORT}", router_path=litellm.METRICS_PATH, key_file=key
            )
        },
        secrets={"ROUTER_KEY": RAILWAY_ROUTER_KEY_PARTS},
    )


def _dashboard(settings: Settings) -> CloudService:
    """Grafana over those figures. It has no domain: a person comes in through a forwarder of the tailnet."""
    sources = f"{FILES}/provisioning/datasources"
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
            files={f"{FILES}/sources.yml": "DATA_SOURCES"},
            command=(f"mkdir -p {sources} && cp {FILES}/sources.yml {sources}/ && exec /run.sh",),
        ),
        health_path="/api/health",
        variables={
            "DATA_SOURCES": render_datasources(
                prometheus_url=f"http://{_host(_METRICS)}:{_METRICS_PORT}", alertmanager_url=""
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


def _research(settings: Settings) -> tuple[CloudService, ...]:
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
                "OPENAI_BASE_URL": f"http://{_host(ROUTER)}:{litellm.PORT}/v1",
                "OPERATOR_NAME": OPERATOR_NAME,
                "OPERATOR_PASSWORD_FILE": password,
                "OUTPUT_PATH": f"{FILES}/outputs",
                "PORT": str(_RESEARCH_PORT),
            },
            secrets={
                "PAGE_PASSWORD": (RAILWAY_DASHBOARD_PASSWORD,),
                "ROUTER_KEY": RAILWAY_ROUTER_KEY_PARTS,
            },
            sleeps=True,
        ),
    )
