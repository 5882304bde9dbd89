"""Named steps with elapsed time: live on a terminal, plain lines in a log, and a summary at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table


@dataclass
class Step:
    """One step of a run, as the summary shows it. `note` says what was done, or that nothing had to be."""

    name: str
    seconds: float = 0.0
    note: str = ""


@dataclass
class Steps:
    """The steps of one run; each long operation of the lab takes one of these and reports to it."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))
    done: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show `name` with a running clock while the block works, then its line with the time it took."""
        step = Step(name)
        start = time.monotonic()
        if not self.console.is_terminal:
            self.console.print(f"… {escape(name)}")
        try:
            with self._spinner(name):
                yield step
        except BaseException:
            self.console.print(f"[red]✗[/red] {escape(name)} ({time.monotonic() - start:.1f} s)")
            raise
        step.seconds = time.monotonic() - start
        self.done.append(step)
        note = escape(f": {step.note}") if step.note else ""
        self.console.print(f"[green]✓[/green] {escape(name)}{note} ({step.seconds:.1f} s)", soft_wrap=True)

    @contextmanager
    def _spinner(self, name: str) -> Iterator[None]:

        if not self.console.is_terminal:
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            progress.add_task(escape(name), total=None)
            yield

    def table(self) -> Table:
        """How long each step took."""
        table = Table("step", "seconds", "what", title="time per step")
        for step in self.done:
            table.add_row(escape(step.name), f"{step.seconds:.1f}", escape(step.note))
        return table
