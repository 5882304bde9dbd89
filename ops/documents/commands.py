"""`./swarm docs`: write the generated documents, or say which of them are out of date."""

from __future__ import annotations

from typing import Annotated

import typer

from ops import declared
from ops.documents.services import services_document
from ops.session import REPO, progress, say

SERVICES = REPO / "docs" / "services.md"

CheckOption = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where one is out of date.")]


def documents() -> dict[str, str]:
    """Text of every generated document by its path in the checkout.

    They are about production as it is committed: the same on every machine, whatever an operator keeps.
    """
    stack = declared.read_file(declared.PRODUCTION, REPO / f"Pulumi.{declared.PRODUCTION}.yaml")
    return {str(SERVICES.relative_to(REPO)): services_document(stack)}


def stale() -> list[str]:
    """Paths of the documents that are missing or say something else than the specs."""
    return [path for path, text in documents().items() if _written(path) != text]


def _written(path: str) -> str:
    file = REPO / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def docs_command(check: CheckOption = False) -> None:
    """Write what is generated from the specs: docs/services.md, with tables and a diagram of production.

    Example: ./swarm docs && git diff docs
    """
    found = stale()
    if not check:
        for path in found:
            (REPO / path).write_text(documents()[path], encoding="utf-8")
            say(f"{path}: written")
        return
    for path in found:
        progress(f"{path}: must say what the specs say, got something else; ./swarm docs")
    raise typer.Exit(1 if found else 0)
