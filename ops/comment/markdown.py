"""Pieces of Markdown. Whatever was not written here is shown as it is and does nothing.

Names and messages come from whoever opened the pull request. As code a forge neither notifies the people that
they mention nor links the issues that they number; as entities they end no cell and no tag.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

CELL_CHARACTERS = 400
"""Most of one text that is shown."""

BLOCK_LINES = 20
"""Most lines of an error that are shown: the first ones, which say what is wrong."""

_ACTIVE = re.compile(r"[\\`*_\[\]#|~@&<>$]|:(?=//)|(?<=www)\.|(?<=mailto):|(?<=xmpp):", re.IGNORECASE)
"""All that Markdown, its tables, its automatic links or a forge could read as more than text."""

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""Controls, and marks that turn the direction of what stands around them."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below a head; all cells are Markdown already."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: frozenset[int] = frozenset()
    """Columns of figures."""

    folded: str = ""
    """Title to click on where the table is closed at first; empty leaves it open."""

    def render(self, most_rows: int | None) -> str:
        """The table with so many rows at most; what is left out is counted below it."""
        shown = self.rows[:most_rows]
        rule = ["---:" if column in self.right else "---" for column in range(len(self.head))]
        lines = [_row(self.head), _row(rule), *map(_row, shown)]
        if left := len(self.rows) - len(shown):
            lines += ["", f"… and {left} more."]
        text = "\n".join(lines)
        return f"<details><summary>{self.folded}</summary>\n\n{text}\n\n</details>" if self.folded else text


def code(text: str) -> str:
    """A foreign text on one line, shortened where it is long."""
    line = " ".join(_INVISIBLE.sub(" ", text).split())
    cut = line if len(line) <= CELL_CHARACTERS else f"{line[: CELL_CHARACTERS - 1]}…"
    return f"<code>{_ACTIVE.sub(_entity, cut)}</code>" if cut else ""


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def codes(texts: Sequence[str]) -> str:
    """Foreign texts behind one another; a dash for none."""
    return ", ".join(map(code, texts)) or "–"


def block(text: str) -> str:
    """A foreign text of several lines; the engine's own words, say."""
    lines = [_INVISIBLE.sub(" ", line).rstrip() for line in text.splitlines() if line.strip()]
    shown = [line[:CELL_CHARACTERS] for line in lines[:BLOCK_LINES]]
    if left := len(lines) - len(shown):
        shown.append(f"… and {left} lines more")
    return f"<pre>\n{escape(chr(10).join(shown))}\n</pre>"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 volume`, `2 volumes`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
