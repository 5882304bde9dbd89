"""The commands of `./swarm`: parse, call, print; exit 0 good, 1 finding, 2 usage."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from components.config.errors import SettingsError
from ops import chat, hosts, lab_bridge, probe, recover, stack
from ops.backup.commands import backup_command, restore_app
from ops.comment.commands import comment_app
from ops.documents.commands import docs_command
from ops.drill.commands import drill_app
from ops.errors import SwarmError
from ops.gate.commands import gate_command
from ops.guard.commands import guard_app
from ops.hosts import Container
from ops.images.commands import images_app
from ops.keys.commands import keys_app
from ops.plan.commands import plan_command
from ops.prove.commands import app as secrets_app
from ops.railway.commands import railway_app
from ops.rotate.commands import rotate_command
from ops.session import JsonOption, StackOption, YesOption, console, open_stack, say
from ops.stack import Stack
from ops.tailnet import tailnet_command
from ops.up import up_command

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
)
app.add_typer(keys_app, name="keys")
app.add_typer(images_app, name="images")
app.add_typer(secrets_app, name="secrets")
app.add_typer(restore_app, name="restore")
app.add_typer(drill_app, name="drill")
app.add_typer(railway_app, name="railway")
app.add_typer(comment_app, name="comment")
app.add_typer(guard_app, name="guard")
app.command("up")(up_command)
app.command("rotate")(rotate_command)
app.command("backup")(backup_command)
app.command("plan")(plan_command)
app.command("docs")(docs_command)
app.command("gate")(gate_command)
app.command("tailnet")(tailnet_command)

WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait until every service is healthy.")
]
CaOption = Annotated[
    Path | None,
    typer.Option("--ca", exists=True, dir_okay=False, help="Certificate authority of the front door, PEM."),
]


@app.callback()
def swarm() -> None:
    """Look after a running AI swarm. Exit status: 0 good, 1 finding, 2 usage."""


@app.command()
def env() -> None:
    """Print the shell lines that make plain `pulumi` work on the lab stack.

    Example: eval "$(./swarm env)" && pulumi preview
    """
    print("\n".join(lab_bridge.shell_lines()))  # noqa: T201 - the shell reads this


@app.command()
def status(
    stack_name: StackOption = lab_bridge.STACK, as_json: JsonOption = False, wait: WaitOption = 0
) -> None:
    """Show every expected service: node, state, image, and whether it is a stand-in.

    Example: pulumi up --stack prod && ./swarm status --stack prod --wait 1800
    """
    expected = open_stack(stack_name)
    try:
        found = probe.wait_healthy(expected, timeout_seconds=wait) if wait else hosts.survey(expected)
    except probe.NotHealthyError as error:
        _complain(error)
        found = hosts.survey(expected)
    if as_json:
        print(json.dumps([asdict(container) for container in found], indent=2))  # noqa: T201 - for scripts
    else:
        console.print(status_table(found))
    raise typer.Exit(0 if all(container.state.good for container in found) else 1)


@app.command()
def connect(stack_name: StackOption = lab_bridge.STACK) -> None:
    """Open one connection to every node, so that the burst of a following `pulumi up` shares them.

    Example: ./swarm connect --stack prod && pulumi up --stack prod --parallel 12
    """
    answers = hosts.connect(open_stack(stack_name))
    for node, refusal in answers.items():
        say(f"{node}: {refusal or 'connected'}")
    raise typer.Exit(1 if any(answers.values()) else 0)


@app.command("recover")
def recover_command(
    stack_name: StackOption,
    yes: YesOption = False,
) -> None:
    """Recover from an interrupted or killed `pulumi up`; afterwards run `pulumi up` again.

    Example: ./swarm recover --stack prod && pulumi up --stack prod
    """
    found = open_stack(stack_name)
    say("comparing the state with the nodes")
    silent = recover.look(found).silent
    for said in silent.values():
        say(f"left out: {said}")
    if not yes:
        typer.confirm(f"Is no `pulumi` at work on stack {stack_name}? Its lock will be removed", abort=True)
    recover.free(found, silent=silent, say=say)
    lost = recover.look(found)
    refused = _remove_orphans(found, lost.orphans, yes=yes)
    unfinished = sorted({*silent, *lost.silent})
    say(f"stack {stack_name}: lock removed, {len(lost.orphans) - refused} orphans removed, {refused} left")
    if unfinished:
        say(f"once they answer, run this again for {', '.join(unfinished)}")
    say("next: pulumi up")
    raise typer.Exit(1 if refused or unfinished else 0)


def _remove_orphans(found: Stack, orphans: tuple[recover.Orphan, ...], *, yes: bool) -> int:
    """Ask, then remove them one by one; returns how many stayed, each of which is named with the reason."""
    for orphan in orphans:
        say(f"unknown to the state: {orphan.kind} {orphan.name} on {orphan.node}")
    if orphans and not yes:
        typer.confirm("Stop and remove these? Volumes are kept", abort=True)
    refused = 0
    for orphan in orphans:
        say(f"removing {orphan.kind} {orphan.name} on {orphan.node}")
        try:
            recover.remove(found, orphan)
        except hosts.NodeError as error:
            refused += 1
            say(f"{orphan.kind} {orphan.name} on {orphan.node} stays: {error}")
    return refused


@app.command("chat")
def chat_command(prompt: str, stack_name: StackOption = lab_bridge.STACK, ca: CaOption = None) -> None:
    """Send one chat request through the front door and print the answer as it streams.

    Example: ./swarm chat "Why is the sky blue?"
    """
    # Paths count from where the operator stands, and the next line goes elsewhere.
    authority = ca.resolve() if ca else None
    found = open_stack(stack_name)
    if authority is None and found.name == lab_bridge.STACK:
        authority = lab_bridge.ca_file()
    for piece in chat.ask(
        stack.output(stack_name, "chat_url"),
        key=stack.output(stack_name, "chat_key"),
        model=stack.output(stack_name, "chat_model"),
        prompt=prompt,
        ca=authority,
    ):
        console.print(piece.text, end="", soft_wrap=True, markup=False, highlight=False)
    console.print()


def status_table(found: list[Container]) -> Table:
    """The services as a table, stand-ins labelled as such."""
    table = Table("service", "node", "health", "image", "up for", "restarts")
    for container in found:
        colour = "green" if container.state.good else "red"
        detail = escape(container.detail.partition("\n")[0])
        state = f"[{colour}]{container.state}[/{colour}] {detail}".strip()
        name = container.name.removeprefix(f"{container.node}-")
        mark = " [yellow](stand-in)[/yellow]" if container.stand_in else ""
        image = Path(container.image.partition("@")[0]).name
        restarts = str(container.restarts) if container.image else "-"
        up_for = duration(container.uptime_seconds)
        table.add_row(name, container.node, state, escape(image) + mark, up_for, restarts)
    return table


def duration(seconds: int | None) -> str:
    """Roughly, in the two largest units; a dash for nothing."""
    if seconds is None:
        return "-"
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"


def _complain(error: Exception) -> None:
    print(error, file=sys.stderr)  # noqa: T201 - plain text, whatever the terminal


def main() -> None:
    """Run the command line; an expected error is one message on stderr and status 1."""
    try:
        app(prog_name="./swarm")
    except (SettingsError, SwarmError) as error:
        _complain(error)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        _complain(
            SwarmError(f"{error.filename}: must be a file that can be used here, got: {error.strerror}")
        )
        sys.exit(1)
