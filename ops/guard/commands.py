"""`./swarm guard`: compare the existing Qdrant before and after an update; `./swarm up` does it by itself."""

from __future__ import annotations

import json

import typer
from rich.table import Table

from ops import lab_bridge
from ops.guard import record, watch
from ops.guard.fingerprint import Fingerprint, absences, changes
from ops.guard.look import take
from ops.session import JsonOption, StackOption, console, open_stack, say

guard_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="See that an update leaves the existing Qdrant alone; `./swarm up` does so by itself.",
)


@guard_app.command("before")
def before_command(stack_name: StackOption = lab_bridge.STACK, as_json: JsonOption = False) -> None:
    """Keep the fingerprint of the existing Qdrant, outside the repository; status 1 where it is absent.

    Example: ./swarm guard before --stack prod && pulumi up --stack prod; ./swarm guard after --stack prod
    """
    found = open_stack(stack_name)
    fingerprint = watch.begin(found)
    _show(fingerprint, [], as_json=as_json)
    if not as_json:
        say(f"kept in {record.file_of(stack_name)}")


@guard_app.command("after")
def after_command(stack_name: StackOption = lab_bridge.STACK, as_json: JsonOption = False) -> None:
    """Compare with the fingerprint that was kept before; status 1 where anything is different.

    Example: ./swarm guard after --stack prod --json
    """
    found = open_stack(stack_name)
    before = record.load(stack_name)
    fingerprint = take(found)
    problems = [str(problem) for problem in changes(before, fingerprint) or absences(fingerprint)]
    _show(fingerprint, problems, as_json=as_json)
    raise typer.Exit(1 if problems else 0)


def _show(found: Fingerprint, problems: list[str], *, as_json: bool) -> None:
    if as_json:
        shown = {"fingerprint": found.model_dump(mode="json"), "problems": problems}
        print(json.dumps(shown, indent=2))  # noqa: T201 - for scripts
        return
    table = Table("what", "is")
    for each in found.containers:
        state = f"runs since {each.started_at}" if each.running else "stopped"
        table.add_row(f"container {each.name}", f"{each.id[:12]}, {state}")
        for mount in each.mounts:
            table.add_row("  mount", str(mount))
    for name, points in sorted(found.collections.items()):
        table.add_row(f"collection {name}", f"{points} points")
    console.print(table)
    for problem in problems:
        say(problem)
