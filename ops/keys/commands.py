"""`./swarm keys`: list, set and remove the keys of other companies' services."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from components.model.problems import Problem
from ops import lab_bridge
from ops.keys import external
from ops.session import JsonOption, StackOption, YesOption, console, open_stack, refuse_usage, say

READ_AT_MOST = 65536
"""Bytes of standard input; what is longer is no key anyhow."""

keys_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Keys of other companies' services: list them, put them into Vault, take them out again.",
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As `./swarm keys list` shows it.")]


@keys_app.command("list")
def list_keys(stack_name: StackOption = lab_bridge.STACK, as_json: JsonOption = False) -> None:
    """Show every key, where it is and who uses it; never a value.

    Example: ./swarm keys list --stack prod
    """
    found = open_stack(stack_name)
    rows = external.rows(found)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=2))  # noqa: T201 - for scripts
        return
    table = Table(Column("key", no_wrap=True), "where", "used by", "purpose")
    for row in rows:
        table.add_row(
            row.name, escape(row.where), escape(", ".join(row.used_by) or "nobody"), escape(row.purpose)
        )
    console.print(table)


@keys_app.command("set")
def set_key(name: NameArgument, stack_name: StackOption = lab_bridge.STACK) -> None:
    """Put a key into Vault; its value comes from standard input or is asked for, never from an argument.

    Example: printf %s "$KEY" | ./swarm keys set openrouter_api_key --stack prod
    """
    found = open_stack(stack_name)
    problems = external.problems_of_name(found, name)
    if problems and at_terminal():
        raise _refused(problems)
    value = _value(name)
    problems += external.problems_of_value(name, value)
    if problems:
        raise _refused(problems)
    times = external.put(found, name, value)
    say(f"{name}: in Vault, set {times} {'time' if times == 1 else 'times'}; nothing was deployed")
    say(f"it is used from the next `pulumi up --stack {found.name}` on, by: {external.users(name)}")


@keys_app.command("remove")
def remove_key(
    name: NameArgument, stack_name: StackOption = lab_bridge.STACK, yes: YesOption = False
) -> None:
    """Take a key away: first from the stack file, and from Vault once no service reads it any more.

    Where services use the key, this takes two runs with `pulumi up` between them: a value that vanished under
    an agent would keep all other secrets of its node from a restarting service, too.

    Example: ./swarm keys remove brave_api_key && pulumi up && ./swarm keys remove brave_api_key
    """
    found = open_stack(stack_name)
    problems = external.problems_of_name(found, name)
    if problems:
        raise _refused(problems)
    if not yes:
        typer.confirm(f"Take {name} away from {external.users(name)}?", abort=True)
    if external.forget(found, name):
        say(f"{name}: removed from the stack file")
    if readers := external.readers(found, name):
        say(f"{name}: stays in Vault while {', '.join(readers)} may read it; nothing was deployed")
        say(f"next: pulumi up --stack {found.name}, then this command again, which deletes the value")
    else:
        erased = external.erase(found, name)
        say(f"{name}: deleted from Vault, all versions" if erased else f"{name}: not in Vault")


def at_terminal() -> bool:
    """Whether a person types the value, who then need not see it."""
    return sys.stdin.isatty()


def _value(name: str) -> str:
    """What was typed or piped. Bytes outside ASCII become letters outside ASCII, which are refused later."""
    if at_terminal():
        return str(typer.prompt(f"Value of {name} (not shown)", hide_input=True))
    return sys.stdin.buffer.read(READ_AT_MOST).decode("latin-1")


def _refused(problems: list[Problem]) -> typer.Exit:
    return refuse_usage("\n".join(["nothing was changed:", *(f"  {problem}" for problem in problems)]))
