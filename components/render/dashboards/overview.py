"""Is everything well? One look at the whole swarm."""

from __future__ import annotations

from typing import Final

from components.render.alerts.cards import HOT_CELSIUS, WARM_CELSIUS
from components.render.alerts.machines import BACKUP_HOURS, BACKUP_STAMP
from components.render.alerts.services import WORKS
from components.render.dashboards.board import (
    WINDOW,
    Chart,
    Dashboard,
    Kind,
    Row,
    Unit,
    figure,
    quantiles,
    query,
    share,
    worse_above,
)
from components.render.dashboards.machines import disks, memory

_ANSWERS: Final = 'haproxy_frontend_http_responses_total{proxy="api"}'
_FAILED: Final = 'haproxy_frontend_http_responses_total{proxy="api",code="5xx"}'


def page() -> Dashboard:
    """The page to begin with."""
    return Dashboard(
        name="swarm-overview",
        title="Swarm",
        description="Whether everything answers, and how the swarm does as a whole.",
        rows=(
            Row(title="Now", charts=(*_health(), *_traffic(), _backup())),
            Row(title="Requests", charts=_requests()),
            Row(title="Machines", charts=_machines()),
            Row(title="Services", charts=(_services(),)),
        ),
    )


def _health() -> tuple[Chart, ...]:
    return (
        figure(
            "Silent services",
            f"count(({WORKS}) == 0) or vector(0)",
            description="Services that show no figures, or do not answer a look from outside. "
            "./swarm status names them.",
            unit=Unit.COUNT,
            levels=worse_above(critical=1),
        ),
        figure(
            "Alerts",
            'sum(alertmanager_alerts{state="active"})',
            description="Alerts that Alertmanager tells of. docs/alerts.md says what to do about each.",
            unit=Unit.COUNT,
            levels=worse_above(warning=1),
        ),
    )


def _traffic() -> tuple[Chart, ...]:
    return (
        figure(
            "Requests",
            f"sum(rate({_ANSWERS}[{WINDOW}]))",
            description="Answers at the front door, of whatever kind.",
            unit=Unit.REQUESTS_A_SECOND,
        ),
        figure(
            "Failed",
            share(_FAILED, _ANSWERS),
            description="Part of the answers at the front door with a status of 500 or more.",
            unit=Unit.PART,
            levels=worse_above(warning=0.01, critical=0.05),
            empty="no requests",
        ),
        figure(
            "Spent in a day",
            "sum(increase(litellm_spend_metric_total[1d]))",
            description="What the gateway counted in the last 24 hours, its price of our own electricity "
            "included. Bills follow the gateway's database, not this estimate.",
            unit=Unit.DOLLARS,
            empty="nothing",
        ),
    )


def _backup() -> Chart:
    return figure(
        "Last backup",
        f"time() - max({BACKUP_STAMP})",
        description="Age of the last good backup.",
        unit=Unit.SECONDS,
        levels=worse_above(critical=BACKUP_HOURS * 3600),
        empty="none yet",
    )


def _requests() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Whole answer",
            description="From the request at the gateway to the last word. Streams are long because "
            "their answers are: first words tell more, and stand on the page about serving.",
            unit=Unit.SECONDS,
            queries=quantiles("litellm_request_total_latency_metric"),
        ),
        Chart(
            title="Answers by status",
            description="At the front door: 4xx is the client's fault, 429 among it too many requests.",
            unit=Unit.REQUESTS_A_SECOND,
            queries=(query(f"sum by (code) (rate({_ANSWERS}[{WINDOW}]))", "{{code}}"),),
        ),
    )


def _machines() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Hottest card",
            description="Above the first line a card slows itself down, above the second its cooling fails.",
            unit=Unit.CELSIUS,
            queries=(query("max by (node) (nvidia_smi_temperature_gpu)", "{{node}}"),),
            width=8,
            levels=worse_above(warning=WARM_CELSIUS, critical=HOT_CELSIUS),
        ),
        memory(width=8),
        disks(width=8),
    )


def _services() -> Chart:
    return Chart(
        title="Who answers",
        description="Each service by its own figures, or by a look from outside where it shows none.",
        unit=Unit.STATE,
        queries=(query(f"max by (job) ({WORKS})", "{{job}}"),),
        kind=Kind.STATES,
        width=24,
        height=18,
    )
