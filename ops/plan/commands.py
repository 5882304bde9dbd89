"""`./swarm plan`: print what a stack needs and what a restart touches."""

from __future__ import annotations

import json

import typer

from ops import declared, lab_bridge
from ops.plan import report
from ops.session import JsonOption, StackOption, console, progress


def plan_command(stack_name: StackOption = lab_bridge.STACK, as_json: JsonOption = False) -> None:
    """Show memory, disk, start order and who is touched when a service restarts; asks no host.

    Example: ./swarm plan --stack prod
    """
    found = report.plan(declared.read(stack_name))
    if as_json:
        print(json.dumps(report.as_object(found), indent=2))  # noqa: T201 - for scripts
    else:
        for table in report.tables(found):
            console.print(table)
    for node in found.nodes:
        if node.free_mib < 0:
            expected = f"must leave {node.reserved_mib} MiB beside all limits"
            got = f"{node.memory_mib - node.limits_mib} MiB"
            progress(f"{node.node}: {expected}, got {got}; lower some in aiswarm:limits")
    raise typer.Exit(1 if found.short else 0)
