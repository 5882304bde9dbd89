"""For every alert a course of events in which it must come, and one in which it must not.

Values are in promtool's notation: `1x90` is a value that stays for 90 more steps, `0+10x90` one that grows.
A step is 15 seconds, the interval in which Prometheus looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.render.alerts.cards import HOT_CELSIUS, WARM_CELSIUS
from components.render.alerts.machines import (
    BACKUP_HOURS,
    BACKUP_STAMP,
    DISK_CRITICAL,
    DISK_WARNING,
    MEMORY_CRITICAL,
    MEMORY_WARNING,
)
from components.render.alerts.requests import BUDGET_LEFT, CACHE_USED, COOLDOWNS, WAITING
from components.render.alerts.services import CERTIFICATE_CRITICAL_DAYS, CERTIFICATE_WARNING_DAYS

STEP_SECONDS: Final = 15
_DAY: Final = 86400
_DISK: Final = 'node="oracle",job="oracle-node-exporter",device="/dev/vda1",mountpoint="/"'
_NODE: Final = 'node="oracle",job="oracle-node-exporter"'
_CARD: Final = 'node="thanos",job="thanos-thermal-monitor",uuid="GPU-1"'
_ENGINE: Final = 'node="starlord",job="starlord-vllm-primary",model_name="m"'
_GATEWAY: Final = 'node="oracle",job="oracle-litellm",model_id="starlord-vllm-primary"'
_DOOR: Final = (
    'node="oracle",job="oracle-haproxy-certificate",watch="certificate",instance="oracle-haproxy:8443"'
)


@dataclass(frozen=True)
class Case:
    """One alert among the series that it is about."""

    series: Mapping[str, str]
    after_minutes: int
    """When it must be there."""

    labels: Mapping[str, str]
    """Who it is about."""

    calm: Mapping[str, str]
    """The same series while nothing is wrong."""


def _always(value: float) -> str:
    """Through three hours."""
    return f"{value:g}x720"


def _case(series: str, bad: float | str, good: float | str, minutes: int, **labels: str) -> Case:
    """An alert about a single series."""
    wrong, right = (each if isinstance(each, str) else _always(each) for each in (bad, good))
    return Case({series: wrong}, minutes, labels, {series: right})


def _disk(free: float, minutes: int) -> Case:
    total = {f"node_filesystem_size_bytes{{{_DISK}}}": _always(1e9)}
    available = f"node_filesystem_avail_bytes{{{_DISK}}}"
    about = {"node": "oracle", "device": "/dev/vda1"}
    bad = {**total, available: _always(free * 1e9)}
    return Case(bad, minutes, about, {**total, available: _always(0.5e9)})


def _memory(free: float, minutes: int) -> Case:
    total = {f"node_memory_MemTotal_bytes{{{_NODE}}}": _always(1e9)}
    available = f"node_memory_MemAvailable_bytes{{{_NODE}}}"
    bad = {**total, available: _always(free * 1e9)}
    return Case(bad, minutes, {"node": "oracle"}, {**total, available: _always(0.5e9)})


def _server(pool: str, up: int) -> dict[str, str]:
    labels = f'node="oracle",job="oracle-haproxy",proxy="{pool}",server="s",state="UP"'
    return {f"haproxy_server_status{{{labels}}}": _always(up)}


_POOLS: Final = ("pool-primary", "pool-secondary", "pool-backup")
_HAPROXY: Final = {"node": "oracle", "job": "oracle-haproxy"}
_PROBED: Final = 'node="starlord",job="starlord-qdrant",watch="probe",instance="i"'
_SCRAPED: Final = 'node="thanos",job="thanos-vllm-backup",watch="metrics",instance="i"'
_MONITOR: Final = 'node="thanos",job="thanos-thermal-monitor",watch="metrics",instance="i"'
_PAID: Final = 'node="oracle",job="oracle-litellm",api_provider="openrouter"'
_OLD: Final = f"-{BACKUP_HOURS * 3600 + 60}x720"

CASES: Final[Mapping[str, Case]] = {
    "ServiceDown": _case(
        f"probe_success{{{_PROBED}}}", 0, 1, 2,
        node="starlord", job="starlord-qdrant", watch="probe", instance="i",
    ),
    "NodeDown": Case(
        {f"up{{{_SCRAPED}}}": _always(0), f"up{{{_MONITOR}}}": _always(0)},
        1,
        {"node": "thanos"},
        {f"up{{{_SCRAPED}}}": _always(0), f"up{{{_MONITOR}}}": _always(1)},
    ),
    "VaultSealed": _case(
        'probe_http_status_code{node="oracle",job="oracle-vault",watch="probe"}', 503, 200, 2,
        node="oracle", job="oracle-vault", watch="probe",
    ),
    "CertificateExpiresSoon": _case(
        f"probe_ssl_earliest_cert_expiry{{{_DOOR}}}",
        (CERTIFICATE_WARNING_DAYS - 1) * _DAY, (CERTIFICATE_WARNING_DAYS + 1) * _DAY, 11,
        node="oracle", job="oracle-haproxy-certificate", watch="certificate", instance="oracle-haproxy:8443",
    ),
    "CertificateExpires": _case(
        f"probe_ssl_earliest_cert_expiry{{{_DOOR}}}",
        (CERTIFICATE_CRITICAL_DAYS - 1) * _DAY, (CERTIFICATE_CRITICAL_DAYS + 1) * _DAY, 11,
        node="oracle", job="oracle-haproxy-certificate", watch="certificate", instance="oracle-haproxy:8443",
    ),
    "DatabaseDown": _case(
        'pg_up{node="oracle",job="oracle-postgres-exporter"}', 0, 1, 1,
        node="oracle", job="oracle-postgres-exporter",
    ),
    "CacheDown": _case(
        'redis_up{node="oracle",job="oracle-redis-exporter"}', 0, 1, 1,
        node="oracle", job="oracle-redis-exporter",
    ),
    "NothingBehindProxy": Case(
        _server("gateway", 0), 2, {**_HAPROXY, "proxy": "gateway"}, _server("gateway", 1)
    ),
    "OneEngineLeft": Case(
        _server(_POOLS[0], 0) | _server(_POOLS[1], 0) | _server(_POOLS[2], 1) | _server("gateway", 1),
        3,
        _HAPROXY,
        _server(_POOLS[0], 0) | _server(_POOLS[1], 1) | _server(_POOLS[2], 1),
    ),
    "EngineQueueLong": _case(
        f"vllm:num_requests_waiting{{{_ENGINE}}}", WAITING + 1, WAITING, 3,
        node="starlord", job="starlord-vllm-primary",
    ),
    "EngineCacheFull": _case(
        f"vllm:kv_cache_usage_perc{{{_ENGINE}}}", CACHE_USED + 0.01, CACHE_USED, 6,
        node="starlord", job="starlord-vllm-primary",
    ),
    "EnginePreempts": _case(
        f"vllm:num_preemptions_total{{{_ENGINE}}}", "0+3x720", "0+1x720", 11,
        node="starlord", job="starlord-vllm-primary",
    ),
    "EngineLeftOut": _case(
        f"litellm_deployment_cooled_down_total{{{_GATEWAY}}}", "0+1x720", f"{COOLDOWNS}x720", 5,
        node="oracle", job="oracle-litellm", model_id="starlord-vllm-primary",
    ),
    "EngineFails": _case(
        f"litellm_deployment_state{{{_GATEWAY}}}", 2, 1, 3,
        node="oracle", job="oracle-litellm", model_id="starlord-vllm-primary",
    ),
    "BudgetAlmostSpent": _case(
        f"litellm_provider_remaining_budget_metric{{{_PAID}}}", 3 * BUDGET_LEFT - 0.01, 3 * BUDGET_LEFT, 2,
        node="oracle", job="oracle-litellm", api_provider="openrouter",
    ),
    "CardWarm": _case(
        f"nvidia_smi_temperature_gpu{{{_CARD}}}", WARM_CELSIUS, WARM_CELSIUS - 1, 3,
        node="thanos", job="thanos-thermal-monitor", uuid="GPU-1",
    ),
    "CardHot": _case(
        f"nvidia_smi_temperature_gpu{{{_CARD}}}", HOT_CELSIUS, HOT_CELSIUS - 1, 1,
        node="thanos", job="thanos-thermal-monitor", uuid="GPU-1",
    ),
    "CardSlowedByHardware": _case(
        f"nvidia_smi_clocks_event_reasons_hw_thermal_slowdown{{{_CARD}}}", 1, 0, 1,
        node="thanos", job="thanos-thermal-monitor", uuid="GPU-1",
    ),
    "CardLost": _case(
        'nvidia_smi_last_collect_success{node="thanos",job="thanos-thermal-monitor"}', 0, 1, 2,
        node="thanos", job="thanos-thermal-monitor",
    ),
    "DiskFull": _disk(DISK_WARNING - 0.01, 11),
    "DiskAlmostFull": _disk(DISK_CRITICAL - 0.01, 3),
    "DiskFillsUp": Case(
        {
            f"node_filesystem_size_bytes{{{_DISK}}}": _always(1e9),
            f"node_filesystem_avail_bytes{{{_DISK}}}": "3.9e8-100000x720",
        },
        40,
        {"node": "oracle", "device": "/dev/vda1"},
        {
            f"node_filesystem_size_bytes{{{_DISK}}}": _always(1e9),
            f"node_filesystem_avail_bytes{{{_DISK}}}": "3.9e8-1000x720",
        },
    ),
    "MemoryLow": _memory(MEMORY_WARNING - 0.01, 11),
    "MemoryVeryLow": _memory(MEMORY_CRITICAL - 0.01, 3),
    "ProcessKilledForMemory": _case(
        f"node_vmstat_oom_kill{{{_NODE}}}", "0x8 1x720", 1, 3, node="oracle",
    ),
    "BackupOld": _case(f"{BACKUP_STAMP}{{{_NODE}}}", _OLD, 0, 11, node="oracle"),
    "BackupMissing": Case(
        {f"up{{{_SCRAPED}}}": _always(1)}, 61, {"node": "oracle"}, {f"{BACKUP_STAMP}{{{_NODE}}}": _always(0)}
    ),
    "AlertsNotSent": _case(
        'alertmanager_notifications_failed_total{node="oracle",job="oracle-alertmanager",integration="webhook"}',
        "0+1x720", 5, 6, node="oracle", job="oracle-alertmanager",
    ),
    "ConfigurationNotTaken": _case(
        'prometheus_config_last_reload_successful{node="oracle",job="oracle-prometheus"}', 0, 1, 6,
        node="oracle", job="oracle-prometheus",
    ),
}  # fmt: skip
"""By the alert's name."""
