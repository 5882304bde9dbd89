"""Do the machines have enough of everything?"""

from __future__ import annotations

from components.render.alerts.machines import (
    DISK_CRITICAL,
    DISK_WARNING,
    MEMORY_CRITICAL,
    MEMORY_WARNING,
)
from components.render.dashboards.board import (
    WINDOW,
    Chart,
    Dashboard,
    Query,
    Row,
    Unit,
    query,
    rate,
    worse_above,
    worse_below,
)


def page() -> Dashboard:
    """Processors, memory and disks of every node."""
    return Dashboard(
        name="swarm-machines",
        title="Machines",
        description="Processors, memory and disks of the nodes.",
        rows=(
            Row(title="Processors", charts=_processors()),
            Row(title="Memory", charts=_memory()),
            Row(title="Disks", charts=_disks()),
        ),
    )


def memory(*, width: int) -> Chart:
    """What is left of each node's memory."""
    return Chart(
        title="Memory left",
        description="Part of the memory that programs could still get, caches given up.",
        unit=Unit.PART,
        queries=(_by_node("node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "min"),),
        width=width,
        most=1,
        levels=worse_below(warning=MEMORY_WARNING, critical=MEMORY_CRITICAL),
    )


def disks(*, width: int) -> Chart:
    """What is left of each node's disks."""
    return Chart(
        title="Disk left",
        description="docker system df on the machine says what takes the room.",
        unit=Unit.PART,
        queries=(
            query(
                "min by (node, device) (node_filesystem_avail_bytes / node_filesystem_size_bytes)",
                "{{node}} {{device}}",
            ),
        ),
        width=width,
        most=1,
        levels=worse_below(warning=DISK_WARNING, critical=DISK_CRITICAL),
    )


def _by_node(expression: str, how: str = "max") -> Query:
    return query(f"{how} by (node) ({expression})", "{{node}}")


def _processors() -> tuple[Chart, ...]:
    idle = f'rate(node_cpu_seconds_total{{mode="idle"}}[{WINDOW}])'
    return (
        Chart(
            title="Busy",
            description="Part of all processors' time.",
            unit=Unit.PART,
            queries=(query(f"1 - avg by (node) ({idle})", "{{node}}"),),
            width=8,
            most=1,
        ),
        Chart(
            title="Load for each processor",
            description="Above 1 something waits for a processor, or for a disk.",
            unit=Unit.COUNT,
            queries=(
                query(
                    'max by (node) (node_load1) / count by (node) (node_cpu_seconds_total{mode="idle"})',
                    "{{node}}",
                ),
            ),
            width=8,
            levels=worse_above(warning=1, critical=4),
        ),
        Chart(
            title="On since",
            description="Falls to 0 when the machine starts.",
            unit=Unit.SECONDS,
            queries=(_by_node("time() - node_boot_time_seconds"),),
            width=8,
        ),
    )


def _memory() -> tuple[Chart, ...]:
    return (
        memory(width=8),
        Chart(
            title="Memory in use",
            description="Without what the kernel would give back.",
            unit=Unit.BYTES,
            queries=(_by_node("node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes"),),
            width=8,
        ),
        Chart(
            title="Killed for memory",
            description="Processes that the kernel ended in the hour before. A container at its limit is "
            "among them.",
            unit=Unit.COUNT,
            queries=(_by_node("increase(node_vmstat_oom_kill[1h])"),),
            width=8,
            levels=worse_above(warning=1),
        ),
    )


def _disks() -> tuple[Chart, ...]:
    return (
        disks(width=8),
        Chart(
            title="Read and written",
            description="All disks of a node together.",
            unit=Unit.BYTES_A_SECOND,
            queries=(
                query(rate("node_disk_read_bytes_total", "node"), "{{node}} reads"),
                query(rate("node_disk_written_bytes_total", "node"), "{{node}} writes"),
            ),
            width=8,
        ),
        Chart(
            title="Disk busy",
            description="Part of the time in which a disk worked on something.",
            unit=Unit.PART,
            queries=(
                query(
                    f"max by (node, device) (rate(node_disk_io_time_seconds_total[{WINDOW}]))",
                    "{{node}} {{device}}",
                ),
            ),
            width=8,
            most=1,
        ),
    )
