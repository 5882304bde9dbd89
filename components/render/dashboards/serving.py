"""How fast are answers, and what holds them up?"""

from __future__ import annotations

from typing import Final

from components.render.alerts.requests import CACHE_USED, WAITING
from components.render.dashboards.board import (
    Chart,
    Dashboard,
    Kind,
    Row,
    Unit,
    found_of,
    quantile,
    quantiles,
    query,
    rate,
    share,
    worse_above,
)

_PROMISED_SECONDS: Final = "0.1"
"""Time to the first word that the plan promises; a bucket of the engine's histogram."""

_FIRST: Final = "vllm:time_to_first_token_seconds"
_POOLS: Final = 'proxy=~"pool-.+"'


def page() -> Dashboard:
    """The way of a request, from the gateway to the card and back."""
    return Dashboard(
        name="swarm-serving",
        title="Serving",
        description="Latency, tokens and caches of the gateway and the engines.",
        rows=(
            Row(title="Latency", charts=_latency()),
            Row(title="Throughput", charts=_throughput()),
            Row(title="Caches", charts=(*_hits(), *_room())),
            Row(title="The way to the engines", charts=_way()),
        ),
    )


def _latency() -> tuple[Chart, ...]:
    whole, first = "litellm_request_total_latency_metric", "litellm_llm_api_time_to_first_token_metric"
    return (
        _timed("Whole answer", whole, "From the request at the gateway to the last word."),
        _slowest("Whole answer by model", whole, "model_id", "The slowest 5 % of each model's answers."),
        _timed("First word at the gateway", first, "Of streams, as clients see it. Includes waiting."),
        _slowest(
            "First word by engine",
            _FIRST,
            "job",
            "The slowest 5 %, as the engine measures it: queue and prompt.",
        ),
        _timed("Between two words", "vllm:inter_token_latency_seconds", "Pace of all engines' streams."),
        _slowest(
            "Waiting in the engine",
            "vllm:request_queue_time_seconds",
            "job",
            "The slowest 5 %. The proxy sends no more than an engine works on, so this is about 0.",
        ),
        Chart(
            title="First words in time",
            description=f"Part of the first words that came within {_PROMISED_SECONDS} s in the engine.",
            unit=Unit.PART,
            queries=(
                query(
                    share(f'{_FIRST}_bucket{{le="{_PROMISED_SECONDS}"}}', f"{_FIRST}_count", by="job"),
                    "{{job}}",
                ),
            ),
            most=1,
            empty="no requests",
        ),
        _timed("Added by the gateway", "litellm_overhead_latency_metric", "What the gateway itself takes."),
    )


def _timed(title: str, histogram: str, description: str) -> Chart:
    return Chart(title=title, description=description, unit=Unit.SECONDS, queries=quantiles(histogram))


def _slowest(title: str, histogram: str, by: str, description: str) -> Chart:
    queries = (query(quantile(histogram, 0.95, by), f"{{{{{by}}}}}"),)
    return Chart(title=title, description=description, unit=Unit.SECONDS, queries=queries)


def _throughput() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Words written",
            description="Tokens that each engine generates.",
            unit=Unit.TOKENS_A_SECOND,
            queries=(query(rate("vllm:generation_tokens_total", "job"), "{{job}}"),),
        ),
        Chart(
            title="Words read",
            description="Tokens of prompts, those that the prefix cache already knew included.",
            unit=Unit.TOKENS_A_SECOND,
            queries=(query(rate("vllm:prompt_tokens_total", "job"), "{{job}}"),),
        ),
        Chart(
            title="Requests in the engines",
            description="What is worked on, and what waits for its turn.",
            unit=Unit.COUNT,
            queries=(
                query("sum by (job) (vllm:num_requests_running)", "{{job}} works on"),
                query("sum by (job) (vllm:num_requests_waiting)", "{{job}} makes wait"),
            ),
            levels=worse_above(warning=WAITING),
        ),
        Chart(
            title="How requests end",
            description="stop: said everything; length: cut at its limit; abort: the client left.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(query(rate("vllm:request_success_total", "finished_reason"), "{{finished_reason}}"),),
        ),
    )


def _hits() -> tuple[Chart, ...]:
    hits, misses = "litellm_cache_hits_metric_total", "litellm_cache_misses_metric_total"
    return (
        Chart(
            title="Prefix cache",
            description="Part of the prompts' tokens that an engine had computed before: the same "
            "instructions or conversation again.",
            unit=Unit.PART,
            queries=(
                query(
                    share("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total", by="job"),
                    "{{job}}",
                ),
            ),
            most=1,
            empty="no requests",
        ),
        Chart(
            title="Response cache",
            description="Part of the requests answered from Redis, of those that allow it. The same words "
            "must be asked again, so in conversations it is low.",
            unit=Unit.PART,
            queries=(query(found_of(hits, misses), "answered from the cache"),),
            most=1,
            empty="nobody asks for it",
        ),
    )


def _room() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Key-value cache in use",
            description="Near 100 % requests wait for others to end, or are computed twice.",
            unit=Unit.PART,
            queries=(query("max by (job) (vllm:kv_cache_usage_perc)", "{{job}}"),),
            most=1,
            levels=worse_above(critical=CACHE_USED),
        ),
        Chart(
            title="Thrown away for lack of cache",
            description="Requests whose work was dropped and begins anew. Lower max_num_seqs in "
            "aiswarm:models.",
            unit=Unit.TIMES_A_SECOND,
            queries=(query(rate("vllm:num_preemptions_total", "job"), "{{job}}"),),
        ),
    )


def _way() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Engines that get requests",
            description="What the proxy's health checks say of each pool.",
            unit=Unit.STATE,
            queries=(query(f'max by (proxy) (haproxy_server_status{{state="UP",{_POOLS}}})', "{{proxy}}"),),
            kind=Kind.STATES,
        ),
        Chart(
            title="Waiting in the proxy",
            description="Requests for which the engine has no room. Soon they go on to the next.",
            unit=Unit.COUNT,
            queries=(query(f"sum by (proxy) (haproxy_backend_current_queue{{{_POOLS}}})", "{{proxy}}"),),
        ),
        Chart(
            title="Failed at an engine",
            description="Answers with a status of 500 or more, by pool; the gateway then tries the next one.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(
                query(
                    rate(f'haproxy_backend_http_responses_total{{{_POOLS},code="5xx"}}', "proxy"),
                    "{{proxy}}",
                ),
            ),
        ),
        Chart(
            title="Requests in the gateway",
            description="Those that its workers hold at the moment.",
            unit=Unit.COUNT,
            queries=(query("sum(litellm_in_flight_requests)", "in flight"),),
        ),
    )
