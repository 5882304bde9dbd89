"""The gate from one end to the other, for whoever has the events: find secrets, read, judge, and show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from ops.gate import events, leaks, report, rules
from ops.gate.base import Base, beside
from ops.gate.judge import judge
from ops.gate.verdict import Verdict
from ops.prove.needles import Needles
from ops.session import console, say


def judged(
    lines: Iterable[str], allowed: Collection[str], wanted: Needles | None = None, base: Base | None = None
) -> Verdict:
    """The verdict on the events of a preview.

    Args:
        base: What it is compared with, where the preview began with nothing.
        allowed: Names or URNs of what may be away for a while, or `plan.ALL`.
        wanted: Secrets that must not show.
    """
    searched = leaks.search(lines, wanted)
    preview = events.read(searched.lines)
    today = datetime.now().astimezone().date()
    verdict = judge(
        preview,
        rules=rules.load(),
        grants=rules.granted(preview.stack, today),
        today=today,
        allowed=allowed,
        leaked=searched.findings,
    )
    return beside(verdict, preview, base) if base else verdict


def show(verdict: Verdict) -> None:
    """For people, on the terminal."""
    for table in report.tables(verdict):
        console.print(table)
    for note in verdict.notes:
        say(note)
    say(report.sentence(verdict))
