"""What runs at Railway: a router that answers when oracle's cannot, and what it needs. Never a first choice.

Everything is in the project's private network but the router, which asks every caller for its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.catalogue import litellm
from components.catalogue.credentials import (
    RAILWAY_MODEL_KEY,
    RAILWAY_REDIS_PASSWORD,
    RAILWAY_ROUTER_KEY_PARTS,
)
from components.catalogue.images import image
from components.catalogue.railway_pages import pages
from components.config.settings import Settings
from components.model.cloud import PUBLIC_DOMAIN, Cloud, CloudRole, CloudService, private_host
from components.model.secrets import SecretSource
from components.render.cloud import FILES, render_cache, start_command
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
ROUTER_STEP: Final = f"railway-{ROUTER}"
"""Its name in the cascade of the gateway on oracle."""

_MODEL: Final = "phi-3"
_CACHE: Final = "cache"

_MODEL_PORT: Final = 8080
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
            *pages(settings, router=ROUTER),
        ),
    )


def domain(settings: Settings) -> str:
    """Where the router answers on the internet."""
    return f"{settings.railway.domain_label}.{PUBLIC_DOMAIN}"


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
        url=f"http://{private_host(_MODEL)}:{_MODEL_PORT}/v1",
        max_input_tokens=QUESTION_TOKENS,
        key_variable="MODEL_KEY",
        first_chunk_seconds=FIRST_CHUNK_SECONDS,
    )
    return render_config(
        public_name=settings.models.public_name,
        steps=(step,),
        remote=remote,
        redis_host=private_host(_CACHE),
        redis_port=_REDIS_PORT,
        redis_user="default",
        database=False,
    )
