"""What the benches' command lines share: options, output, and an orderly end."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import document
from bench.tables import Sheet
from lab.process import StepError

AsJson = Annotated[bool, typer.Option("--json", help="Print every single time instead of tables.")]
Write = Annotated[bool, typer.Option("--write", help="Put the tables into docs/measurements.md.")]


def show(report: Sequence[Sheet], data: dict[str, Any], *, as_json: bool) -> None:
    """Print a report, for people or for programs."""
    if as_json:
        typer.echo(json.dumps(data, indent=2))
        return
    for sheet in report:
        Console().print(sheet.rich())


def write(name: str, command: str, about: str, report: Sequence[Sheet]) -> None:
    """Put a report into the document, with the command that made it."""
    document.write(name, document.part(command, about, report))


def run(application: typer.Typer) -> None:
    """Run a bench; a failed step prints what an operator needs, and a SIGTERM cleans up like ^C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    try:
        application()
    except StepError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        sys.exit(1)
