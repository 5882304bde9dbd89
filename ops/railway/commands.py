"""`./swarm railway check-schema`: the commands; exit 0 good, 1 finding, 2 usage."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ops.railway.schema import EXTRACT, OPERATIONS, compare, read_schema
from ops.session import JsonOption, progress, say

railway_app = typer.Typer(
    no_args_is_help=True, help="What is at Railway, and whether we still understand it."
)

SchemaArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A full schema of Railway's, as SDL.")
]


@railway_app.command("check-schema")
def check_schema(file: SchemaArgument, as_json: JsonOption = False) -> None:
    """Compare what we use of Railway's API with a full schema, field by field. Needs no network.

    Example: ./swarm railway check-schema railway.graphql
    """
    found = compare(read_schema(file), read_schema(EXTRACT), OPERATIONS.read_text(encoding="utf-8"))
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
