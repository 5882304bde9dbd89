"""`./swarm railway`: the commands; exit 0 good, 1 finding, 2 usage."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from components.railway.access import find_access
from components.railway.errors import RailwayError
from components.railway.transport import Clock
from ops import declared
from ops.railway.check import check
from ops.railway.probe import Probe
from ops.railway.rows import Row, Verdict
from ops.railway.schema import EXTRACT, compare, read_schema, used
from ops.railway.session import Wanted
from ops.session import JsonOption, console, progress, refuse_usage, say

railway_app = typer.Typer(
    no_args_is_help=True, help="What is at Railway, and whether we still understand it."
)

SchemaArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A full schema of Railway's, as SDL.")
]

StackOption = Annotated[str, typer.Option("--stack", "-s", help="Stack whose project is looked for.")]

_COLOURS = {Verdict.OK: "green", Verdict.DIFFERS: "red", Verdict.NOT_CHECKED: "yellow"}


@railway_app.command("check")
def check_command(stack_name: StackOption = declared.PRODUCTION, as_json: JsonOption = False) -> None:
    """Ask Railway whether it still is what we rely on. Sends queries only, with RAILWAY_API_TOKEN.

    Example: RAILWAY_API_TOKEN=... ./swarm railway check --stack prod
    """
    settings = declared.read(stack_name).settings.railway
    try:
        access = find_access(os.environ)
    except RailwayError as error:
        raise refuse_usage(str(error)) from error
    wanted = Wanted(
        stack=stack_name,
        workspace_id=settings.workspace_id or "",
        project=settings.project,
        environment=settings.environment,
        region=settings.region,
    )
    with Probe(access, clock=Clock()) as probe:
        rows = check(probe, wanted)
    counts = Counter(row.verdict for row in rows)
    if as_json:
        summary = {verdict: counts[verdict] for verdict in Verdict}
        print(json.dumps({"summary": summary, "rows": [asdict(row) for row in rows]}, indent=2))  # noqa: T201 - for scripts
    else:
        console.print(_table(rows))
        say(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
    raise typer.Exit(1 if counts[Verdict.DIFFERS] else 0)


def _table(rows: Sequence[Row]) -> Table:
    table = Table("what", "must be", "verdict", "found", title="Railway", title_justify="left")
    for row in rows:
        verdict = f"[{_COLOURS[row.verdict]}]{row.verdict}[/]"
        table.add_row(row.what, escape(row.must), verdict, escape(row.found))
    return table


@railway_app.command("check-schema")
def check_schema(file: SchemaArgument, as_json: JsonOption = False) -> None:
    """Compare what we use of Railway's API with a full schema, field by field. Needs no network.

    Example: ./swarm railway check-schema railway.graphql
    """
    found = compare(read_schema(file), read_schema(EXTRACT), used())
    if as_json:
        print(json.dumps(asdict(found), indent=2))  # noqa: T201 - for programs
    else:
        for problem in found.problems:
            progress(str(problem))
        say(
            f"{found.operations} operations, {found.types} types, {found.fields} fields: "
            f"{len(found.problems)} differences"
        )
    raise typer.Exit(1 if found.problems else 0)
