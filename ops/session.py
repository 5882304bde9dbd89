"""What every command needs: the stack that it works on, and a way to say things. Mounts nothing itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from components.deploy.authority import write_authority
from ops import lab_bridge, stack
from ops.stack import Stack

REPO = Path(__file__).resolve().parent.parent

StackOption = Annotated[str, typer.Option("--stack", "-s", help="Name of the stack.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Answer every question with yes.")]

console = Console()


def open_stack(name: str) -> Stack:
    """The stack; for the lab's own its environment is set up first, so that no `eval` is needed.

    The authority's file is written, because a fresh checkout has none before the program has run.
    """
    os.chdir(REPO)
    if name == lab_bridge.STACK:
        lab_bridge.activate()
    found = stack.read(name)
    write_authority(name, found.settings.vault.ca_certificate)
    return found


def say(line: str) -> None:
    """One line for a person; what a machine said is no markup."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def progress(line: str) -> None:
    """One line for a person, while standard output is kept for a script."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - plain text, whatever the terminal


def refuse_usage(text: str) -> typer.Exit:
    """Say what is wrong with the arguments; the caller raises what this returns, which means status 2."""
    progress(text)
    return typer.Exit(2)
