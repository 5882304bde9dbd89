"""Who asks what, which provider answers, and what does it cost?"""

from __future__ import annotations

from typing import Final

from components.render.dashboards.board import (
    Chart,
    Dashboard,
    Row,
    Unit,
    figure,
    query,
    rate,
)

_DAY: Final = "1d"
_MONTH: Final = "30d"
_OURS: Final = 'api_provider="hosted_vllm"'
"""LiteLLM's name of our own engines."""

_SPEND: Final = "litellm_spend_metric_total"
_TOKENS: Final = "litellm_total_tokens_metric_total"


def page() -> Dashboard:
    """Use of the gateway, and money."""
    return Dashboard(
        name="swarm-costs",
        title="Use and cost",
        description="Requests and tokens by provider and key, money spent and left. Estimates of the "
        "gateway: its database has what is billed.",
        rows=(
            Row(title="In sum", charts=_sums()),
            Row(title="Money", charts=_money()),
            Row(title="Use", charts=_use()),
            Row(title="Trouble", charts=_trouble()),
        ),
    )


def _sums() -> tuple[Chart, ...]:
    return (
        figure(
            "Spent in a day",
            f"sum(increase({_SPEND}[{_DAY}]))",
            description="The last 24 hours, the gateway's price of our own electricity included.",
            unit=Unit.DOLLARS,
            width=6,
            empty="nothing",
        ),
        figure(
            "Spent in 30 days",
            f"sum(increase({_SPEND}[{_MONTH}]))",
            description="As far back as Prometheus remembers, at most 30 days.",
            unit=Unit.DOLLARS,
            width=6,
            empty="nothing",
        ),
        figure(
            "Answered at home",
            f"sum(increase({_TOKENS}{{{_OURS}}}[{_DAY}])) / (sum(increase({_TOKENS}[{_DAY}])) > 0)",
            description="Part of the last day's tokens that our own engines read and wrote.",
            unit=Unit.PART,
            width=6,
            empty="no requests",
        ),
        figure(
            "Electricity of the cards",
            f"sum(avg_over_time(nvidia_smi_power_draw_watts[{_DAY}])) * 24 / 1000",
            description="What the cards alone took in the last 24 hours, if they were on all the time.",
            unit=Unit.KILOWATT_HOURS,
            width=6,
        ),
    )


def _money() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Spent by provider",
            description="Each point is the sum of the 24 hours before it.",
            unit=Unit.DOLLARS,
            queries=(query(f"sum by (api_provider) (increase({_SPEND}[{_DAY}]))", "{{api_provider}}"),),
        ),
        Chart(
            title="Left of the budget",
            description="Of the current day. At 0 the cascade goes on without the provider; requests at the "
            "same time may go beyond it together.",
            unit=Unit.DOLLARS,
            queries=(
                query("min by (api_provider) (litellm_provider_remaining_budget_metric)", "{{api_provider}}"),
            ),
            empty="no paid provider was asked",
        ),
    )


def _use() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Requests by provider",
            description="Those that were answered.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(
                query(rate("litellm_deployment_success_responses_total", "api_provider"), "{{api_provider}}"),
            ),
        ),
        Chart(
            title="Requests by model",
            description="The first of the cascade should have nearly all of them.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(query(rate("litellm_deployment_success_responses_total", "model_id"), "{{model_id}}"),),
        ),
        Chart(
            title="Requests by key",
            description="Who asks so much? Keys without a name of their own count together.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(query(rate("litellm_requests_metric_total", "api_key_alias"), "{{api_key_alias}}"),),
        ),
        Chart(
            title="Tokens",
            description="What was read and written, by provider.",
            unit=Unit.TOKENS_A_SECOND,
            queries=(
                query(rate("litellm_input_tokens_metric_total", "api_provider"), "{{api_provider}} read"),
                query(rate("litellm_output_tokens_metric_total", "api_provider"), "{{api_provider}} wrote"),
            ),
        ),
    )


def _trouble() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Failures by model",
            description="Each is tried again at the next step of the cascade.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(query(rate("litellm_deployment_failure_responses_total", "model_id"), "{{model_id}}"),),
            empty="no failure",
        ),
        Chart(
            title="Left out after failures",
            description="How often the gateway gave a model a rest of some seconds.",
            unit=Unit.TIMES_A_SECOND,
            queries=(query(rate("litellm_deployment_cooled_down_total", "model_id"), "{{model_id}}"),),
            empty="none",
        ),
    )
