"""Alerts about the way of a request: data services, proxy, gateway, engines and what paid models may cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from components.render.alerts.rule import Rule, Severity

BUDGET_LEFT: Final = 0.10
"""Part of a day's budget."""

WAITING: Final = 10
"""Requests in an engine's own queue. The proxy sends no more than it works on: these come from elsewhere."""

CACHE_USED: Final = 0.95
PREEMPTIONS_A_SECOND: Final = 0.1
COOLDOWNS: Final = 3
"""How often in ten minutes an engine may be left out."""

_OUTAGE: Final = 2
"""LiteLLM's number for an engine that does not work at all (litellm, integrations/prometheus.py)."""


def rules(*, pools: Sequence[str], budgets: Mapping[str, float]) -> Iterator[Rule]:
    """The alerts; `pools` are the proxy's names of those that lead to an engine, `budgets` dollars a day."""
    yield from _data()
    yield from _proxy(pools)
    yield from _engines()
    yield from _gateway(budgets)


def _data() -> Iterator[Rule]:
    for name, series, what in (
        ("DatabaseDown", "pg_up", "PostgreSQL"),
        ("CacheDown", "redis_up", "Redis"),
    ):
        yield Rule(
            name=name,
            expression=f"max by (node, job) ({series}) == 0",
            lasts="30s",
            severity=Severity.CRITICAL,
            summary=f"{what} on {{{{ $labels.node }}}} lets nobody in; there is no second one",
            fix=f"docker logs on the machine, of the container with {what}",
        )


def _proxy(pools: Sequence[str]) -> Iterator[Rule]:
    up = 'max by (node, job, proxy) (haproxy_server_status{{state="UP"{more}}})'
    yield Rule(
        name="NothingBehindProxy",
        expression=f"{up.format(more='')} == 0",
        lasts="1m",
        severity=Severity.CRITICAL,
        summary="the proxy on {{ $labels.node }} has no server for {{ $labels.proxy }}",
        fix="the page /stats of the proxy says since when; then ./swarm status",
    )
    if len(pools) > 1:
        names = "|".join(pools)
        more = f',proxy=~"{names}"'
        yield Rule(
            name="OneEngineLeft",
            expression=f"sum by (node, job) ({up.format(more=more)}) <= 1",
            lasts="2m",
            severity=Severity.WARNING,
            summary="{{ $value }} engine of {{ $labels.node }} works; after it only paid models are left",
            fix="./swarm status; a cold engine takes a quarter of an hour",
        )


def _engines() -> Iterator[Rule]:
    name = "{{ $labels.job }} on {{ $labels.node }}"
    for alert, expression, lasts, summary, fix in (
        (
            "EngineQueueLong",
            f"sum by (node, job) (vllm:num_requests_waiting) > {WAITING}",
            "2m",
            f"{{{{ $value }}}} requests wait in {name}",
            "who asks so much? the dashboard of the gateway shows it by key",
        ),
        (
            "EngineCacheFull",
            f"max by (node, job) (vllm:kv_cache_usage_perc) > {CACHE_USED}",
            "5m",
            f"the key-value cache of {name} is full: requests wait for others to end",
            "lower max_num_seqs or max_model_len in aiswarm:models",
        ),
        (
            "EnginePreempts",
            f"sum by (node, job) (rate(vllm:num_preemptions_total[5m])) > {PREEMPTIONS_A_SECOND}",
            "5m",
            f"{name} throws away what it has computed, for lack of cache",
            "lower max_num_seqs in aiswarm:models",
        ),
    ):
        yield Rule(
            name=alert,
            expression=expression,
            lasts=lasts,
            severity=Severity.WARNING,
            summary=summary,
            fix=fix,
        )


def _gateway(budgets: Mapping[str, float]) -> Iterator[Rule]:
    by = "node, job, model_id"
    yield Rule(
        name="EngineLeftOut",
        expression=f"sum by ({by}) (increase(litellm_deployment_cooled_down_total[10m])) > {COOLDOWNS}",
        lasts="",
        severity=Severity.WARNING,
        summary="the gateway on {{ $labels.node }} keeps leaving out {{ $labels.model_id }}",
        fix="docker logs of that engine, and of the gateway",
    )
    yield Rule(
        name="EngineFails",
        expression=f"max by ({by}) (litellm_deployment_state) == {_OUTAGE}",
        lasts="2m",
        severity=Severity.WARNING,
        summary="every request of the gateway on {{ $labels.node }} to {{ $labels.model_id }} fails",
        fix="docker logs of that engine, and of the gateway",
    )
    if budgets:
        remaining = "min by (node, job, api_provider) (litellm_provider_remaining_budget_metric"
        parts = (
            f'{remaining}{{api_provider="{name}"}}) < {dollars * BUDGET_LEFT:g}'
            for name, dollars in budgets.items()
        )
        yield Rule(
            name="BudgetAlmostSpent",
            expression=" or ".join(parts),
            lasts="1m",
            severity=Severity.WARNING,
            summary="{{ $value }} dollars are left of today's budget at {{ $labels.api_provider }} (gateway "
            "on {{ $labels.node }})",
            fix="nothing breaks: the cascade goes on without it; raise dollars_per_day in aiswarm:remote",
        )
