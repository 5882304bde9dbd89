"""`./swarm drill …`: parse, ask, run, print; exit 0 good, 1 finding, 2 usage."""

from __future__ import annotations

import json
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import asdict

import httpx
import typer
from rich.markup import escape
from rich.table import Table

from ops import lab_bridge, stack
from ops.drill.door import Door
from ops.drill.railway_failover import Finding, drill
from ops.session import JsonOption, StackOption, YesOption, console, open_stack, progress, refuse_usage

drill_app = typer.Typer(
    no_args_is_help=True, help="Break something on purpose, and measure how long the swarm needs."
)


@drill_app.callback()
def drills() -> None:
    """Each drill puts everything back, also when it is interrupted."""


@drill_app.command("railway-failover")
def railway_failover(
    stack_name: StackOption = lab_bridge.STACK, yes: YesOption = False, as_json: JsonOption = False
) -> None:
    """Stop the engines, then the gateway, then Redis, and see that Railway answers in their place.

    Streams that run are cut. In the lab nobody is asked; elsewhere it asks first.

    Example: ./swarm drill railway-failover
    """
    found = open_stack(stack_name)
    if not found.settings.railway.enabled:
        raise refuse_usage(f"aiswarm:railway.enabled: must be true on stack {stack_name}, got false")
    if not yes and stack_name != lab_bridge.STACK:
        typer.confirm(f"Stop engines, gateway and Redis of stack {stack_name} for some minutes?", abort=True)
    authority = lab_bridge.ca_file() if stack_name == lab_bridge.STACK else None
    with httpx.Client(
        base_url=stack.output(stack_name, "chat_url"),
        verify=ssl.create_default_context(cafile=str(authority) if authority else None),
        headers={"authorization": f"Bearer {stack.output(stack_name, 'chat_key')}"},
        timeout=300,
        trust_env=False,
    ) as client:
        door = Door(client, stack.output(stack_name, "chat_model"))
        stranger = f"sk-{secrets.token_hex(24)}"
        findings = list(drill(found.settings, door, stranger=stranger, say=progress))
    if as_json:
        print(json.dumps([asdict(one) for one in findings], indent=2))  # noqa: T201 - for scripts
    else:
        console.print(_table(findings))
    raise typer.Exit(0 if all(one.good for one in findings) else 1)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table("step", "must hold", "seen", "after")
    for one in findings:
        after = f"{one.seconds:.1f} s" if one.seconds is not None else "-"
        colour = "green" if one.good else "red"
        table.add_row(one.step, one.expected, f"[{colour}]{escape(one.seen)}[/{colour}]", after)
    return table
