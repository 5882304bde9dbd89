"""The commands of `./swarm`: parse, call, print; exit 0 good, 1 finding, 2 usage."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from components.config.errors import SettingsError
from lab import environment, paths
from ops import chat, hosts, recover, stack
from ops.hosts import Container
from ops.stack import Stack

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
console = Console()

StackOption = Annotated[str, typer.Option("--stack", "-s", help="Name of the stack.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.callback()
def swarm() -> None:
    """Look after a running AI swarm. Exit status: 0 good, 1 finding, 2 usage."""
    os.chdir(paths.REPO)


@app.command()
def env() -> None:
    """Print `export` lines that make plain `pulumi` work on the lab stack.

    Example: eval "$(./swarm env)" && pulumi preview
    """
    for name, value in environment.variables().items():
        print(f"export {name}={shlex.quote(value)}")  # noqa: T201 - the shell reads this


@app.command()
def status(stack_name: StackOption = "lab", as_json: JsonOption = False) -> None:
    """Show every expected service: node, state, image, and whether it is a stand-in.

    Example: ./swarm status --stack prod --json
    """
    found = hosts.survey(_stack(stack_name))
    if as_json:
        print(json.dumps([asdict(container) for container in found], indent=2))  # noqa: T201 - for scripts
    else:
        console.print(status_table(found))
    raise typer.Exit(0 if all(container.state.good for container in found) else 1)


@app.command("recover")
def recover_command(
    stack_name: StackOption = "lab",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Recover from an interrupted or killed `pulumi up`; afterwards run `pulumi up` again.

    Example: ./swarm recover && pulumi up
    """
    found = _stack(stack_name)
    if not yes:
        typer.confirm(f"Is no `pulumi` at work on stack {stack_name}? Its lock will be removed", abort=True)
    recover.free(found)
    lost = recover.orphans(found)
    for orphan in lost:
        recover.remove(found, orphan)
        console.print(f"removed {orphan.kind} {orphan.name} on {orphan.node}: unknown to the state")
    console.print(
        f"stack {stack_name}: lock removed, state refreshed, {len(lost)} orphans removed; next: pulumi up"
    )


@app.command("chat")
def chat_command(prompt: str, stack_name: StackOption = "lab") -> None:
    """Send one chat request through the front door and print the answer as it streams.

    Example: ./swarm chat "Why is the sky blue?"
    """
    found = _stack(stack_name)
    ca = environment.ca_file() if found.name == environment.STACK else None
    for piece in chat.ask(
        stack.output(stack_name, "chat_url"),
        key=stack.output(stack_name, "chat_key"),
        model=stack.output(stack_name, "chat_model"),
        prompt=prompt,
        ca=ca,
    ):
        console.print(piece.text, end="", soft_wrap=True, markup=False, highlight=False)
    console.print()


def _stack(name: str) -> Stack:
    """The stack; for the lab's own its environment is set up first, so that no `eval` is needed."""
    if name == environment.STACK:
        os.environ.update(environment.variables())
    return stack.read(name)


def status_table(found: list[Container]) -> Table:
    """The services as a table, stand-ins labelled as such."""
    table = Table("node", "service", "state", "image", "restarts")
    for container in found:
        colour = "green" if container.state.good else "red"
        state = f"[{colour}]{container.state}[/{colour}] {container.detail}".strip()
        mark = " [yellow](stand-in)[/yellow]" if container.stand_in else ""
        image = Path(container.image.partition("@")[0]).name
        table.add_row(container.node, container.name + mark, state, image, str(container.restarts))
    return table


def main() -> None:
    """Run the command line; an expected error is one message on stderr and status 1."""
    try:
        app()
    except (
        stack.EngineError,
        SettingsError,
        chat.ChatError,
        environment.LabError,
        hosts.UnreachableError,
    ) as error:
        print(error, file=sys.stderr)  # noqa: T201 - plain text, whatever the terminal
        sys.exit(1)
