"""The people's own documents: text, Markdown and PDF. Other forms are the document processor's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

FORMS: Final = (".md", ".pdf", ".txt")
MOST_BYTES: Final = 20 * 1024 * 1024

_NAME = re.compile(r"[\w][\w .()-]{0,199}")


def is_name(name: str) -> bool:
    """Whether a file may have this name: no path, nothing hidden, and a form that can be read."""
    return bool(_NAME.fullmatch(name)) and Path(name).suffix.lower() in FORMS


def listing(folder: Path) -> list[str]:
    """Names of the documents in the folder."""
    return sorted(file.name for file in folder.iterdir() if file.is_file() and is_name(file.name))


def read_all(folder: Path) -> dict[str, str]:
    """Text of every document by its name; one without text is left out."""
    texts = {name: _read(folder / name) for name in listing(folder)}
    return {name: text for name, text in texts.items() if text.strip()}


def _read(file: Path) -> str:
    if file.suffix.lower() != ".pdf":
        return file.read_text(encoding="utf-8", errors="replace")
    import pymupdf  # noqa: PLC0415 (100 MB of library, for PDF alone)

    with pymupdf.open(file) as pages:
        return "\n\n".join(page.get_text() for page in pages)
