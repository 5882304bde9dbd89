"""Tables in a document: each bench rewrites what stands between its own two markers and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from bench.tables import Sheet
from lab import paths

FILE = paths.REPO / "docs" / "measurements.md"


def markers(name: str) -> tuple[str, str]:
    """The two lines around the part of one bench."""
    return f"<!-- {name}: begin, written by the command below -->", f"<!-- {name}: end -->"


def replace(text: str, name: str, content: str) -> str:
    """The document with other content between the markers of `name`.

    Raises:
        ValueError: The document must hold both markers once, in their order.
    """
    begin, end = markers(name)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"{FILE.name}: must hold the lines `{begin}` and `{end}` once, in this order")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{content.strip()}\n\n{end}{after}"


def write(name: str, content: str) -> None:
    """Put new content into the document.

    Raises:
        ValueError: A marker is missing.
    """
    FILE.write_text(replace(FILE.read_text(), name, content))


def part(command: str, about: str, sheets: Sequence[Sheet]) -> str:
    """What stands between two markers: how the figures were had, then the tables."""
    return "\n\n".join((f"`{command}` on {about}.", *(sheet.markdown() for sheet in sheets)))
