"""One table, shown on a terminal and written into a document."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of text; the first column names the row, the others hold figures."""

    title: str
    header: Row
    rows: tuple[Row, ...]

    def rich(self) -> Table:
        """The table for a terminal."""
        table = Table(title=self.title, title_justify="left")
        for index, name in enumerate(self.header):
            table.add_column(name, justify="right" if index else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """The table for a document, with its title as a line above it."""
        rule = ("---", *("---:" for _ in self.header[1:]))
        lines = (f"| {' | '.join(row)} |" for row in (self.header, rule, *self.rows))
        return "\n".join((f"{self.title}:", "", *lines))
