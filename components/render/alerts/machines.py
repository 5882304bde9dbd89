"""Alerts about the nodes' memory and disks, and about backups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.render.alerts.rule import Rule, Severity

BACKUP_STAMP: Final = "aiswarm_backup_last_success_timestamp_seconds"
"""When the last good backup ended, as Unix time; the job that makes it writes it into the metrics folder."""

BACKUP_HOURS: Final = 26
"""A day, and two hours for a backup that takes longer than the one before."""

DISK_WARNING: Final = 0.15
DISK_CRITICAL: Final = 0.05
"""Part of a disk that is free."""

FILLS_WITHIN_HOURS: Final = 24
FILLS_BELOW: Final = 0.40
"""A disk with more room than this is not said to fill up, however fast it was lately."""

MEMORY_WARNING: Final = 0.10
MEMORY_CRITICAL: Final = 0.04
"""Part of the memory that is available."""

_FREE: Final = "min by (node, device) (node_filesystem_avail_bytes / node_filesystem_size_bytes)"
_MEMORY: Final = "min by (node) (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"


def rules(*, backup_node: str) -> Iterator[Rule]:
    """The alerts; a missing backup is told of as one of `backup_node`, which would know of it."""
    yield from _disks()
    for name, part, lasts, severity in (
        ("MemoryLow", MEMORY_WARNING, "10m", Severity.WARNING),
        ("MemoryVeryLow", MEMORY_CRITICAL, "2m", Severity.CRITICAL),
    ):
        yield Rule(
            name=name,
            expression=f"{_MEMORY} < {part}",
            lasts=lasts,
            severity=severity,
            summary="{{ $value | humanizePercentage }} of the memory of {{ $labels.node }} is available",
            fix="docker stats on the machine; then lower a limit in aiswarm:limits",
            topic="memory",
        )
    yield Rule(
        name="ProcessKilledForMemory",
        expression="max by (node) (increase(node_vmstat_oom_kill[10m])) > 0",
        lasts="",
        severity=Severity.WARNING,
        summary="on {{ $labels.node }} the kernel has killed a process for its memory",
        fix="journalctl -k -g oom on the machine says which; raise its limit in aiswarm:limits",
    )
    yield Rule(
        name="BackupOld",
        expression=f"time() - max by (node) ({BACKUP_STAMP}) > {BACKUP_HOURS * 3600}",
        lasts="10m",
        severity=Severity.CRITICAL,
        summary="{{ $labels.node }}: the last good backup of Vault is {{ $value | humanizeDuration }} old",
        fix="./swarm backup",
    )
    yield Rule(
        name="BackupMissing",
        expression=f'label_replace(absent({BACKUP_STAMP}), "node", "{backup_node}", "", "")',
        lasts="1h",
        severity=Severity.WARNING,
        summary="{{ $labels.node }} knows of no good backup of the Vault server",
        fix="./swarm backup",
    )


def _disks() -> Iterator[Rule]:
    for name, part, lasts, severity in (
        ("DiskFull", DISK_WARNING, "10m", Severity.WARNING),
        ("DiskAlmostFull", DISK_CRITICAL, "2m", Severity.CRITICAL),
    ):
        yield Rule(
            name=name,
            expression=f"{_FREE} < {part}",
            lasts=lasts,
            severity=severity,
            summary="{{ $value | humanizePercentage }} of {{ $labels.device }} on {{ $labels.node }} is free",
            fix="docker system df on the machine; docker image prune --all frees old images",
            topic="disk",
        )
    seconds = FILLS_WITHIN_HOURS * 3600
    trend = f"min by (node, device) (predict_linear(node_filesystem_avail_bytes[6h], {seconds})) < 0"
    yield Rule(
        name="DiskFillsUp",
        expression=f"{trend} and {_FREE} < {FILLS_BELOW}",
        lasts="30m",
        severity=Severity.WARNING,
        summary="{{ $labels.device }} on {{ $labels.node }} will be full "
        f"within {FILLS_WITHIN_HOURS} hours",
        fix="docker system df on the machine, and the sizes below /var/lib/docker/volumes",
        topic="disk",
    )
