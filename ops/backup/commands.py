"""`./swarm backup` and `./swarm restore`: parse, call, print; exit 0 good, 1 finding, 2 usage."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from components.catalogue.images import image
from components.catalogue.vault import SERVER_NODE
from ops import lab_bridge
from ops.backup import declared, place, put_back, shelf, source
from ops.backup.checks import Check
from ops.backup.drill import Drill
from ops.backup.shelf import Backup
from ops.backup.snapshot import BackupError
from ops.backup.stamp import stamp
from ops.backup.take import take
from ops.session import (
    JsonOption,
    StackOption,
    YesOption,
    console,
    open_stack,
    progress,
    refuse_usage,
    say,
)
from ops.stack import Stack
from ops.vault import VaultError

KEEP = 14
BEFORE = "-before-restore"
"""In the name of the backup that a restore takes first."""

restore_app = typer.Typer(
    no_args_is_help=True, help="Prove that a backup of the Vault server opens, or put one back."
)

FileArgument = Annotated[
    Path | None,
    typer.Argument(
        exists=True, dir_okay=False, help="A snapshot; without it the newest in the default folder."
    ),
]


def backup_command(
    to: Annotated[
        Path | None,
        typer.Option("--to", file_okay=False, help="Folder; without it aiswarm/backups in your data folder."),
    ] = None,
    keep: Annotated[int, typer.Option("--keep", min=1, help="How many of this stack's are kept.")] = KEEP,
    stack_name: StackOption = lab_bridge.STACK,
    as_json: JsonOption = False,
) -> None:
    """Take a snapshot of the Vault server onto this machine, apart from its seal key.

    It holds the keys that were put in by hand, and all other secrets. It does not hold the Pulumi state,
    PostgreSQL, Qdrant, or other data of the services.

    Example: ./swarm backup --stack prod --to /mnt/backups
    """
    folder = (to.expanduser() if to else shelf.default_folder()).resolve()
    stack = open_stack(stack_name)
    shelf.check_folder(folder, shelf.must_be_apart(stack_name))
    backup = take(stack, folder)
    stamped = stamp(stack, backup, progress)
    removed = shelf.prune(folder, stack_name, keep)
    if as_json:
        found = {**backup.described(), "removed": [str(file) for file in removed], "stamped": stamped}
        print(json.dumps(found, indent=2))  # noqa: T201 - for scripts
        return
    say(f"{backup.file}: {backup.size_bytes} bytes, opens with seal key {backup.seal_key}")
    for file in removed:
        say(f"removed {file}")
    say(f"does it open? ./swarm restore drill --stack {stack_name} {backup.file}")


@restore_app.command("drill")
def drill_command(
    file: FileArgument = None,
    *,
    stack_name: StackOption = lab_bridge.STACK,
    without_state: Annotated[
        bool,
        typer.Option("--without-state", help="As if the Pulumi state were lost: keys come from the nodes."),
    ] = False,
    node: Annotated[
        str,
        typer.Option("--node", help="Where the scratch server runs; seal key and backup go into its memory."),
    ] = SERVER_NODE,
    as_json: JsonOption = False,
) -> None:
    """Open a backup in a scratch server that nobody else reaches, and ask it. The running one is not touched.

    The logins of nodes are bound to their addresses. The scratch server is told from where a request would
    come, and checks the bounds as the running one does.

    Example: ./swarm restore drill --stack prod
    """
    chosen = file.resolve() if file else shelf.newest(shelf.default_folder(), stack_name)
    stack = source.stack_without_engine(stack_name) if without_state else open_stack(stack_name)
    if node not in stack.nodes:
        raise refuse_usage(f"--node: must be one of {', '.join(stack.nodes)}, got {node!r}")
    backup = shelf.read(chosen)
    tell = progress if as_json else say
    tell(f"{backup.file}: whole, {backup.size_bytes} bytes, taken {backup.taken or 'at an unknown time'}")
    drill = Drill(
        stack,
        backup,
        source.from_nodes(stack) if without_state else source.from_state(stack),
        functools.partial(place.on, node, stack.nodes[node], image(stack.settings, "openbao"), stack_name),
    )
    checks = drill.run(lambda check: progress(_line(check)))
    if as_json:
        print(json.dumps([asdict(check) for check in checks], indent=2))  # noqa: T201 - for scripts
    else:
        console.print(_table(checks))
    raise typer.Exit(0 if all(check.good for check in checks) else 1)


@restore_app.command("run")
def run_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The snapshot.")],
    *,
    stack_name: StackOption,
    without_backup: Annotated[
        bool,
        typer.Option("--without-backup", help="Take none first: when the present server cannot give one."),
    ] = False,
    yes: YesOption = False,
) -> None:
    """Put a backup into the running server. What was written there since it was taken is lost.

    What the server holds until then becomes a backup in the default folder first.

    After a lost server: raise `vault.generation`, `pulumi up`, then this, then what it says at its end.

    Example: ./swarm restore run --stack prod prod-vault-20260101T030000Z.snap
    """
    chosen = file.resolve()
    stack = open_stack(stack_name)
    backup = shelf.read(chosen)
    put_back.check_fits(stack, backup)
    say(f"{backup.file}: whole, opens with seal key {backup.seal_key}, which the server has")
    folder = None if without_backup else _folder_of_before(stack_name)
    if not yes:
        taken = backup.taken or "an unknown time"
        typer.confirm(
            f"Replace all that the server of stack {stack_name} holds by what it held at {taken}?", abort=True
        )
    if folder:
        say(f"{_before(stack, folder).file}: what the server holds until now")
    put_back.put_back(stack, backup)
    say("the server holds the backup, and the program can log in")
    _say_next(stack)


def _folder_of_before(stack_name: str) -> Path:
    """Where the backup goes that a restore takes first; the file to restore may lie beside the seal key.

    Raises:
        BackupError: The folder is not apart from the seal key.
        EngineError: The engine does not say where it keeps its state.
    """
    folder = shelf.default_folder().resolve()
    shelf.check_folder(folder, shelf.must_be_apart(stack_name), fix="set XDG_DATA_HOME to another folder")
    return folder


def _before(stack: Stack, folder: Path) -> Backup:
    """Take the backup of what a restore replaces.

    Raises:
        BackupError: There is none, and nothing was replaced.
        EngineError: The state could not be read; no restore could go on.
    """
    try:
        return take(stack, folder, mark=BEFORE)
    except (BackupError, VaultError) as error:
        raise BackupError(
            f"{error}; nothing was replaced; where the server cannot give a backup: --without-backup"
        ) from error


def _say_next(stack: Stack) -> None:
    """What is left to do: the state may know newer values than the backup, and a refresh would not see it."""
    known = declared.read(stack.name)
    for role in put_back.make_way(stack, known.ids):
        say(f"{role}: its agent can log in again after the next command")
    drifted = put_back.drifted(stack, known.entries)
    for path, names in drifted.items():
        say(f"{path}: other {', '.join(names)} than in the state; the next command writes them anew")
    replaced = [f"--replace '{known.entries[path].urn}'" for path in drifted]
    say(" ".join(("next: pulumi up --refresh --stack", stack.name, *replaced)))


def _line(check: Check) -> str:
    return f"{check.seconds:6.1f} s  {check.name}{'' if check.good else ': failed'}"


def _table(checks: list[Check]) -> Table:
    table = Table("check", "", "seconds", "detail")
    for check in checks:
        result = "[green]good[/green]" if check.good else "[red]finding[/red]"
        table.add_row(escape(check.name), result, f"{check.seconds:.1f}", escape(check.detail))
    return table
