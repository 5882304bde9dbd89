"""LiteLLM on oracle: keys, budgets, cache and the cascade over the engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.catalogue import postgres, redis
from components.catalogue.credentials import (
    ENGINE_KEY,
    LITELLM_DATABASE_PASSWORD,
    LITELLM_MASTER_KEY_PARTS,
    LITELLM_NAME,
    LITELLM_SALT_KEY,
    RAILWAY_ROUTER_KEY_PARTS,
    REDIS_NAME,
    REDIS_PASSWORD,
)
from components.catalogue.images import image
from components.catalogue.keys import external_key
from components.catalogue.limits import limits
from components.config.settings import RemoteModel, RemoteSearch, Settings
from components.model.access import Flow, Probe
from components.model.external_keys import GEMINI, GEMINI_ALTERNATE, OPENROUTER, PERPLEXITY
from components.model.files import ConfigFile, Configuration
from components.model.mounts import Scratch
from components.model.naming import service_name
from components.model.parts import Health, Metrics, Port
from components.model.routes import Route, RouteKind
from components.model.secrets import SecretFile, SecretRef
from components.model.specs import ServiceSpec
from components.render.litellm import LIVENESS_PATH, RemoteStep, Step, render_config, render_start

PORT: Final = 4000
METRICS_PATH: Final = "/metrics/"
"""With a trailing slash: the program redirects the short path, and Prometheus would drop the key."""

RAILWAY_KEY: Final = "RAILWAY_KEY"
"""Variable of the start script that holds the key of the router at Railway."""

_FOLDER: Final = "/etc/litellm"
_WORKER_MIB: Final = 640
"""A worker takes 300 to 400 MiB; the rest is for large requests."""

_LEAST_WORKER_MIB: Final = 400


def litellm(settings: Settings, *, node: str, steps: Sequence[Step]) -> ServiceSpec:
    """The gateway.

    Its liveness path is probed and no other: `/health` would call every model, paid ones too, and readiness
    fails while the database is away although requests still work (litellm issue 34934). Its port speaks plain
    HTTP and is not published: clients come through the proxy, with TLS and the rate limit.
    """
    gateway = settings.gateway
    remote = remote_steps(settings)
    secrets = {
        **_secrets(node, database=gateway.database),
        **({RAILWAY_KEY: _RAILWAY_KEY_FILE} if settings.railway.enabled else {}),
        **{step.key_variable: SecretFile(name=key.name, parts=(key,)) for step, key in remote},
    }
    return ServiceSpec(
        node=node,
        name="litellm",
        image=image(settings, "litellm"),
        limits=limits(settings, node, "litellm", memory_mib=512 + _WORKER_MIB * gateway.workers, cpus="3.0"),
        least_memory_mib=_LEAST_WORKER_MIB * gateway.workers,
        health=Health(test=("CMD", "python3", "-c", _PROBE), timeout_seconds=10, start_period_seconds=120),
        entrypoint=("/bin/sh", f"{_FOLDER}/start.sh"),
        env=_ENVIRONMENT,
        ports=(Port(name="http", container=PORT),),
        probe=Probe(port="http", path=LIVENESS_PATH),
        talks_to=_flows(node, steps, database=gateway.database),
        configuration=Configuration(
            folder=_FOLDER,
            files=_files(settings, node, steps=steps, remote=[step for step, _ in remote], secrets=secrets),
        ),
        routes=_routes(steps, [step for step, _ in remote]),
        exports_reason="LiteLLM reads secrets from variables only",
        secrets=tuple(secrets.values()),
        scratch=(_SCRATCH,),
        after=("postgres", "redis") if gateway.database else ("redis",),
        metrics=Metrics(
            port="http",
            path=METRICS_PATH,
            credentials=SecretFile(
                name=f"{service_name(node, 'litellm')}.key", parts=LITELLM_MASTER_KEY_PARTS
            ),
        ),
        start_timeout_seconds=300,
    )


_RAILWAY_KEY_FILE: Final = SecretFile(name="railway_key", parts=RAILWAY_ROUTER_KEY_PARTS)
_SCRATCH: Final = Scratch(size_mib=256)
_ENVIRONMENT: Final = {
    "DISABLE_ADMIN_UI": "True",
    "HOME": _SCRATCH.path,
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # the prices in the package, not a download
    "LITELLM_LOG": "ERROR",
    "LITELLM_MIGRATION_DIR": f"{_SCRATCH.path}/migrations",
}
_PROBE: Final = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}{LIVENESS_PATH}', timeout=8)"


def _secrets(node: str, *, database: bool) -> dict[str, SecretFile]:
    """Secret files by the variable that the start script exports them as."""
    secrets = {
        "LITELLM_MASTER_KEY": SecretFile(name="master_key", parts=LITELLM_MASTER_KEY_PARTS),
        "LITELLM_SALT_KEY": SecretFile(name="salt_key", parts=(LITELLM_SALT_KEY,)),
        "ENGINE_KEY": SecretFile(name="engine_key", parts=(ENGINE_KEY,)),
        "REDIS_PASSWORD": SecretFile(name="redis_password", parts=(REDIS_PASSWORD,)),
    }
    if database:
        host = f"{service_name(node, 'postgres')}:{postgres.PORT}"
        secrets["DATABASE_URL"] = SecretFile(
            name="database_url",
            parts=(
                f"postgresql://{LITELLM_NAME}:",
                LITELLM_DATABASE_PASSWORD,
                f"@{host}/{LITELLM_NAME}",
            ),
        )
    return secrets


def _flows(node: str, steps: Sequence[Step], *, database: bool) -> tuple[Flow, ...]:
    """The engines are reached through the proxy's pools, each a port of its own."""
    return (
        *((Flow(to=service_name(node, "postgres"), port="postgres"),) if database else ()),
        Flow(to=service_name(node, "redis"), port="redis"),
        *(Flow(to=service_name(node, "haproxy"), port=step.pool) for step in steps),
    )


def _routes(steps: Sequence[Step], remote: Sequence[RemoteStep]) -> tuple[Route, ...]:
    """The cascade as its configuration says it: local engines, Railway, then the paid models."""
    kinds = {
        **{
            step.name: RouteKind.RAILWAY if step.key_variable == RAILWAY_KEY else RouteKind.LOCAL
            for step in steps
        },
        **{step.name: RouteKind.REMOTE for step in remote if not step.public_name},
    }
    return tuple(
        Route(name=name, order=order, kind=kind) for order, (name, kind) in enumerate(kinds.items(), start=1)
    )


def remote_steps(settings: Settings) -> list[tuple[RemoteStep, SecretRef]]:
    """The paid models whose key is set; those of the cascade in the order in which they are tried."""
    remote, names = settings.remote, settings.models
    wanted = (
        ("openrouter", "openrouter", remote.openrouter, OPENROUTER, ""),
        ("gemini", "gemini", remote.gemini, GEMINI, ""),
        ("gemini-alternate", "gemini", remote.gemini, GEMINI_ALTERNATE, ""),
        ("perplexity", "perplexity", remote.perplexity, PERPLEXITY, names.research_name),
        ("embedding", "gemini", remote.embedding, GEMINI, names.embedding_name),
    )
    return [
        (
            RemoteStep(
                name=name,
                public_name=public_name,
                model=f"{provider}/{model.model}",
                key_variable=key.name.upper(),
                dollars_per_day=model.dollars_per_day,
                input_dollars_per_million=(
                    None if isinstance(model, RemoteSearch) else model.input_dollars_per_million
                ),
                output_dollars_per_million=(
                    model.output_dollars_per_million if isinstance(model, RemoteModel) else 0
                ),
            ),
            key,
        )
        for name, provider, model, key_name, public_name in wanted
        if model and (key := external_key(settings, key_name))
    ]


def daily_budgets(settings: Settings) -> dict[str, float]:
    """What each provider of a paid step may cost a day, in dollars."""
    return {step.provider: step.dollars_per_day for step, _ in remote_steps(settings)}


def _files(
    settings: Settings,
    node: str,
    *,
    steps: Sequence[Step],
    remote: Sequence[RemoteStep],
    secrets: dict[str, SecretFile],
) -> tuple[ConfigFile, ...]:
    config = render_config(
        public_name=settings.models.public_name,
        steps=steps,
        remote=remote,
        redis_host=service_name(node, "redis"),
        redis_port=redis.PORT,
        redis_user=REDIS_NAME,
        database=settings.gateway.database,
    )
    start = render_start(
        secrets={name: file.path for name, file in secrets.items()},
        config_file=f"{_FOLDER}/config.yaml",
        port=PORT,
        workers=settings.gateway.workers,
    )
    return (ConfigFile(name="config.yaml", text=config), ConfigFile(name="start.sh", text=start))
