"""LiteLLM: its configuration as one mapping, and the script that starts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.render.text import as_yaml, from_template

COOLDOWN_SECONDS = 5
"""How long an engine that failed is left out. The proxy's health checks already answer for a dead engine
within a millisecond; the pause only saves these attempts, so it is kept shorter than a person's patience."""

ANSWER_SECONDS = 600
"""Longest answer, and longest pause within one; the proxy before and behind the gateway waits as long."""

LIVENESS_PATH = "/health/liveliness"
"""Answers without a key and asks no model."""

FIRST_CHUNK_SECONDS = 60
_CACHE_SECONDS = 3600

_INPUT_PRICE = 2e-8
_OUTPUT_PRICE = 2e-7
"""Dollars a token, for the electricity. Never 0: a model without price slips past every budget check and
may then fall back to one that costs money (litellm, proxy/auth/fallback_budget.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the cascade, as the gateway reaches it."""

    name: str
    """Full name of the engine's service; shown in answers' headers and in metrics."""

    model: str
    """Name that the engine serves the model under."""

    pool: str
    """Name of the proxy's port that leads there."""

    url: str
    max_input_tokens: int
    key_variable: str = "ENGINE_KEY"
    """Variable of the start script that holds the key."""

    first_chunk_seconds: int = FIRST_CHUNK_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStep:
    """A model at a company, paid by the token: a step of the cascade, or with a public name of its own."""

    name: str
    public_name: str = ""
    """What clients ask for; empty for a step of the cascade."""

    model: str
    """With LiteLLM's prefix of the provider, e.g. `openrouter/mistralai/mixtral-8x7b-instruct`."""

    key_variable: str
    """Variable of the start script that holds the key."""

    dollars_per_day: float
    input_dollars_per_million: float | None
    """None where every answer says what it cost."""

    output_dollars_per_million: float = 0
    """An embedding has none."""

    @property
    def provider(self) -> str:
        """LiteLLM's name of the provider, whose budget it is."""
        return self.model.partition("/")[0]


_ROUTER = {
    "routing_strategy": "simple-shuffle",
    "enable_pre_call_checks": True,
    "num_retries": 0,
    "cooldown_time": COOLDOWN_SECONDS,
}
_DATABASE = {
    "database_url": "os.environ/DATABASE_URL",
    "database_connection_pool_limit": 10,
    "proxy_batch_write_at": 60,
}


def render_config(
    *,
    public_name: str,
    steps: Sequence[Step],
    remote: Sequence[RemoteStep],
    redis_host: str,
    redis_port: int,
    redis_user: str,
    database: bool,
) -> str:
    """Text of config.yaml: one public model name, whose steps are tried in their order."""
    document: dict[str, object] = {
        "model_list": [
            *deployments(public_name, steps, remote),
        ],
        "litellm_settings": {
            "num_retries": 0,
            "request_timeout": ANSWER_SECONDS,
            "callbacks": ["prometheus"],
            # Time and failures of Redis and the database, as the gateway sees them.
            "service_callback": ["prometheus_system"],
            "require_auth_for_metrics_endpoint": True,
            "cache": True,
            "cache_params": _cache(redis_host, redis_port, redis_user),
        },
        "router_settings": router(remote),
        "general_settings": {
            "master_key": "os.environ/LITELLM_MASTER_KEY",
            **(_DATABASE if database else {}),
        },
    }
    return as_yaml(document)


def _cache(host: str, port: int, user: str) -> dict[str, object]:
    return {
        "type": "redis",
        # Only for requests that ask for it: what is kept are people's words.
        "mode": "default_off",
        "host": host,
        "port": port,
        "username": user,
        "password": "os.environ/REDIS_PASSWORD",
        "namespace": "litellm",
        "ttl": _CACHE_SECONDS,
        "supported_call_types": ["acompletion", "completion"],
    }


def deployments(
    public_name: str, steps: Sequence[Step], remote: Sequence[RemoteStep]
) -> Iterator[dict[str, object]]:
    """The cascade in its order, then the models with names of their own."""
    for order, step in enumerate(steps, start=1):
        yield _deployment(public_name, step, order)
    yield from _remote_deployments(public_name, remote, first=len(steps) + 1)


def _deployment(public_name: str, step: Step, order: int) -> dict[str, object]:
    return {
        "model_name": public_name,
        "litellm_params": {
            "model": f"hosted_vllm/{step.model}",
            "api_base": step.url,
            "api_key": f"os.environ/{step.key_variable}",
            "order": order,
            "timeout": ANSWER_SECONDS,
            "stream_timeout": step.first_chunk_seconds,
            "input_cost_per_token": _INPUT_PRICE,
            "output_cost_per_token": _OUTPUT_PRICE,
        },
        "model_info": {"id": step.name, "max_input_tokens": step.max_input_tokens},
    }


def _remote_deployments(
    public_name: str, remote: Sequence[RemoteStep], *, first: int
) -> Iterator[dict[str, object]]:
    """The paid steps of the cascade in their order, and the models with names of their own."""
    cascade = [step for step in remote if not step.public_name]
    for order, step in enumerate(cascade, start=first):
        yield _remote_deployment(public_name, step, {"order": order})
    for step in remote:
        if step.public_name:
            yield _remote_deployment(step.public_name, step, {})


def _remote_deployment(public_name: str, step: RemoteStep, place: Mapping[str, int]) -> dict[str, object]:
    return {
        "model_name": public_name,
        "litellm_params": {
            "model": step.model,
            "api_key": f"os.environ/{step.key_variable}",
            **place,
            "max_budget": step.dollars_per_day,
            "budget_duration": "1d",
            "timeout": ANSWER_SECONDS,
            "stream_timeout": FIRST_CHUNK_SECONDS,
            **_prices(step),
        },
        "model_info": {"id": step.name},
    }


def _prices(step: RemoteStep) -> dict[str, float]:
    if step.input_dollars_per_million is None:
        return {}
    return {
        "input_cost_per_token": step.input_dollars_per_million / 1e6,
        "output_cost_per_token": step.output_dollars_per_million / 1e6,
    }


def router(remote: Sequence[RemoteStep]) -> dict[str, object]:
    """How one step of the cascade is left for the next, and what paid ones may cost."""
    return {**_ROUTER, **_budgets(remote)}


def _budgets(remote: Sequence[RemoteStep]) -> dict[str, object]:
    """The most that each provider may cost a day: what its steps of the cascade share, and its other models.

    Beside it each model has its own limit, so that one does not use up what is meant for another.
    Soft: an answer is counted once it is complete, so requests at the same time may go beyond it together
    (litellm, router_strategy/budget_limiter.py). The hard limit belongs into the account at the provider.
    """
    budgets = {step.provider: step.dollars_per_day for step in remote if not step.public_name}
    for step in remote:
        if step.public_name:
            budgets[step.provider] = budgets.get(step.provider, 0) + step.dollars_per_day
    if not budgets:
        return {}
    return {
        "provider_budget_config": {
            provider: {"budget_limit": dollars, "time_period": "1d"} for provider, dollars in budgets.items()
        }
    }


def render_start(*, secrets: Mapping[str, str], config_file: str, port: int, workers: int) -> str:
    """Text of the start script; `secrets` maps a variable to the file that holds its value."""
    exports = "\n".join(f"{name}=$(cat {path})\nexport {name}" for name, path in secrets.items())
    return from_template(
        "litellm/start.sh", exports=exports, config_file=config_file, port=port, workers=workers
    )
