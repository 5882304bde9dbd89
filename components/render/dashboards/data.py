"""Do the services that everything rests on keep up: PostgreSQL, Redis, Consul, Vault?"""

from __future__ import annotations

from typing import Final

from components.render.alerts.services import (
    CERTIFICATE_CRITICAL_DAYS,
    CERTIFICATE_WARNING_DAYS,
    Watch,
)
from components.render.dashboards.board import (
    WINDOW,
    Chart,
    Dashboard,
    Kind,
    Row,
    Unit,
    found_of,
    query,
    rate,
    worse_below,
)

_DAY: Final = 24 * 3600


def page(*, vault_job: str) -> Dashboard:
    """The page about data services; `vault_job` looks at the Vault server from outside."""
    return Dashboard(
        name="swarm-data",
        title="Data services",
        description="PostgreSQL, Redis, Consul and the Vault server.",
        rows=(
            Row(title="PostgreSQL", charts=_postgres()),
            Row(title="Redis", charts=_redis()),
            Row(title="Consul", charts=_consul()),
            Row(title="Vault and certificates", charts=_vault(vault_job)),
        ),
    )


def _postgres() -> tuple[Chart, ...]:
    hit, read = "pg_stat_database_blks_hit", "pg_stat_database_blks_read"
    return (
        Chart(
            title="Connections",
            description="By database, and how many the server allows in sum.",
            unit=Unit.COUNT,
            queries=(
                query("sum by (datname) (pg_stat_activity_count)", "{{datname}}"),
                query("max(pg_settings_max_connections)", "allowed"),
            ),
            width=6,
        ),
        Chart(
            title="Transactions",
            description="Rolled back ones are failures of a client, or its own doubts.",
            unit=Unit.TIMES_A_SECOND,
            queries=(
                query(rate("pg_stat_database_xact_commit", "datname"), "{{datname}}"),
                query(rate("pg_stat_database_xact_rollback"), "rolled back"),
            ),
            width=6,
        ),
        Chart(
            title="Read from memory",
            description="Part of the pages that were in the server's own memory.",
            unit=Unit.PART,
            queries=(query(found_of(hit, read), "all databases"),),
            width=6,
            most=1,
        ),
        Chart(
            title="Size",
            description="Of each database on the disk.",
            unit=Unit.BYTES,
            queries=(query("max by (datname) (pg_database_size_bytes)", "{{datname}}"),),
            width=6,
        ),
    )


def _redis() -> tuple[Chart, ...]:
    hits, misses = "redis_keyspace_hits_total", "redis_keyspace_misses_total"
    return (
        Chart(
            title="Memory",
            description="At its limit the oldest entries of the cache go.",
            unit=Unit.BYTES,
            queries=(
                query("max(redis_memory_used_bytes)", "used"),
                query("max(redis_memory_max_bytes)", "allowed"),
            ),
            width=6,
        ),
        Chart(
            title="Commands",
            description="Of all clients: cache, counters, and what they tell each other.",
            unit=Unit.TIMES_A_SECOND,
            queries=(query(rate("redis_commands_processed_total"), "commands"),),
            width=6,
        ),
        Chart(
            title="Found",
            description="Part of the keys asked for that were there.",
            unit=Unit.PART,
            queries=(query(found_of(hits, misses), "found"),),
            width=6,
            most=1,
        ),
        Chart(
            title="Evicted, and clients",
            description="Entries thrown away for lack of memory, a second; and who is connected.",
            unit=Unit.COUNT,
            queries=(
                query(rate("redis_evicted_keys_total"), "evicted"),
                query("max(redis_connected_clients)", "clients"),
            ),
            width=6,
        ),
    )


def _consul() -> tuple[Chart, ...]:
    return (
        Chart(
            title="Healthy and leading",
            description="Without a leader nothing is written, and answers are old.",
            unit=Unit.STATE,
            queries=(
                query("min(consul_autopilot_healthy)", "healthy"),
                query("max(consul_server_isLeader)", "leads"),
            ),
            kind=Kind.STATES,
            width=8,
        ),
        Chart(
            title="Registered",
            description="Instances of services in the catalogue.",
            unit=Unit.COUNT,
            queries=(query("max(consul_state_service_instances)", "instances"),),
            width=8,
        ),
        Chart(
            title="Time to write",
            description="Until an entry of the log is on the disk: half of them, and nine of ten.",
            unit=Unit.MILLISECONDS,
            queries=(
                query('max(consul_raft_commitTime{quantile="0.5"})', "half"),
                query('max(consul_raft_commitTime{quantile="0.9"})', "nine of ten"),
            ),
            width=8,
            empty="nothing written lately",
        ),
    )


def _vault(job: str) -> tuple[Chart, ...]:
    return (
        Chart(
            title="Vault works",
            description="Looked at from outside: no means away, sealed or not made yet. Services that run go "
            "on; one that starts waits for its secrets.",
            unit=Unit.STATE,
            queries=(query(f'max by (job) (probe_success{{job="{job}"}})', "{{job}}"),),
            kind=Kind.STATES,
            width=8,
        ),
        Chart(
            title="Vault's answer",
            description="How long a look takes, its TLS included.",
            unit=Unit.SECONDS,
            queries=(
                query(f'max(avg_over_time(probe_duration_seconds{{job="{job}"}}[{WINDOW}]))', "answer"),
            ),
            width=8,
        ),
        Chart(
            title="Certificates end in",
            description="./swarm rotate makes new ones.",
            unit=Unit.SECONDS,
            queries=(
                query(
                    f'min by (job) (probe_ssl_earliest_cert_expiry{{watch="{Watch.CERTIFICATE}"}}) - time()',
                    "{{job}}",
                ),
            ),
            width=8,
            levels=worse_below(
                warning=CERTIFICATE_WARNING_DAYS * _DAY, critical=CERTIFICATE_CRITICAL_DAYS * _DAY
            ),
        ),
    )
