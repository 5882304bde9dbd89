"""`./swarm docs`: write the generated documents, or say which of them are out of date."""

from __future__ import annotations

from typing import Annotated

import typer

from ops import declared
from ops.documents.pack import read_pack
from ops.documents.policies import FOLDER, policy_documents
from ops.documents.services import services_document
from ops.session import REPO, progress, say

SERVICES = REPO / "docs" / "services.md"

CheckOption = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where one is out of date.")]


def documents() -> dict[str, str]:
    """Text of every generated document by its path in the checkout.

    They are about production as it is committed: the same on every machine, whatever an operator keeps.
    """
    stack = declared.read_file(declared.PRODUCTION, REPO / f"Pulumi.{declared.PRODUCTION}.yaml")
    return {str(SERVICES.relative_to(REPO)): services_document(stack), **policy_documents(read_pack())}


def stale() -> list[str]:
    """Paths of documents that are missing, say something else than their source, or have none any more."""
    texts = documents()
    pages = {str(page.relative_to(REPO)) for page in (REPO / FOLDER).glob("*.md")}
    return [path for path, text in texts.items() if _written(path) != text] + sorted(pages - texts.keys())


def _written(path: str) -> str:
    file = REPO / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _write(path: str, text: str | None) -> None:
    file = REPO / path
    if text is None:
        file.unlink()
        say(f"{path}: removed")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    say(f"{path}: written")


def docs_command(check: CheckOption = False) -> None:
    """Write what is generated: docs/services.md from the specs, policy/README.md and pages from the rules.

    Example: ./swarm docs && git diff docs policy
    """
    found = stale()
    if not check:
        for path in found:
            _write(path, documents().get(path))
        return
    for path in found:
        progress(f"{path}: must say what its source says, got something else; ./swarm docs")
    raise typer.Exit(1 if found else 0)
