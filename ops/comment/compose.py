"""The whole comment: a line for each stack, then what is behind it, cut to what a forge takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ops.comment import sections
from ops.comment.changes import Change, Kind
from ops.comment.exceptions import Exceptions
from ops.comment.forge import MARK
from ops.comment.markdown import Table, block, code, codes, count
from ops.comment.plans import Plan
from ops.comment.sections import Section
from ops.comment.verdicts import Verdict
from ops.gate.events import Preview

LONGEST = 59_999
"""Characters of a comment; a forge takes some thousand more."""

_MOST_ROWS = (None, 200, 100, 50, 20, 10, 5, 2, 0)
"""Tables are cut to the first of these with which the comment is short enough."""

_CUT = "Tables are cut to make this a comment; the files of the run hold everything."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is known of one stack."""

    stack: str
    preview: Preview
    changes: tuple[Change, ...]
    compared: bool
    """Whether they are the differences of two previews instead of the engine's own word."""

    before: Plan | None = None
    after: Plan | None = None
    gate: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What is written."""

    reports: tuple[Report, ...]
    exceptions: Exceptions
    today: date
    unusable: tuple[str, ...] = ()
    """Names of files that could not be used."""

    def render(self) -> str:
        """As Markdown with the mark by which it is found again, in at most so many characters."""
        whole = self._render(None)
        if len(whole) <= LONGEST:
            return whole
        for most_rows in _MOST_ROWS[1:]:
            text = f"{self._render(most_rows)}\n{_CUT}\n"
            if len(text) <= LONGEST:
                return text
        return f"{MARK}\n## What this change does\n\n{self._heads().render(None)}\n\n{_CUT}\n"

    def _render(self, most_rows: int | None) -> str:
        parts = [MARK, "## What this change does", self._heads().render(None)]
        for report in self.reports:
            parts += _stack(report, most_rows)
        parts += [section.render(most_rows) for section in sections.exceptions(self.exceptions, self.today)]
        if not self.exceptions.readable:
            parts.append("`policy/exceptions.yaml` cannot be read, so no exception is shown.")
        if self.unusable:
            parts.append(f"Not usable, so what they would show is missing: {codes(self.unusable)}.")
        return "\n\n".join(parts) + "\n"

    def _heads(self) -> Table:
        head = ("stack", "preview", *Kind, "refused", "advice")
        return Table(head, [_head(report) for report in self.reports], right=frozenset(range(2, 8)))


def verdict(report: Report) -> str:
    """How the preview ended."""
    if not report.preview.complete:
        return "❌ failed"
    refused = any(violation.mandatory for violation in report.preview.violations)
    if refused:
        return "❌ refused by policies"
    if report.gate and report.gate.status:
        return "❌ refused by the gate"
    return "⚠️ data would go" if any(change.loses_data for change in report.changes) else "✅ good"


def _head(report: Report) -> tuple[str, ...]:
    kinds = Counter(change.kind for change in report.changes)
    levels = Counter(each.mandatory for each in report.preview.violations)
    figures = (*(kinds[kind] for kind in Kind), levels[True], levels[False])
    return (code(report.stack), verdict(report), *(str(figure or "–") for figure in figures))


def _stack(report: Report, most_rows: int | None) -> Iterator[str]:
    yield f"### {code(report.stack)}"
    if not report.preview.complete:
        yield _why_not(report)
    if not report.changes:
        yield "No resource changes." if report.preview.complete else "What it would change is not known."
    elif sections.created(report.changes):
        yield f"A new stack of {count(len(report.changes), 'resource')}."
    if report.compared:
        yield (
            "Compared with a preview of the base, both from an empty state: a container that changes in more "
            "than its memory is taken to be replaced, and a change of nothing but a secret is not seen."
        )
    for part in _PARTS:
        yield from (section.render(most_rows) for section in part(report))


_PARTS: Sequence[Callable[[Report], Iterator[Section]]] = (
    lambda report: sections.data(report.changes),
    lambda report: sections.gate(report.gate),
    lambda report: sections.violations(report.preview.violations),
    lambda report: sections.on_nodes(report.changes),
    lambda report: sections.away(report.changes, report.before or report.after),
    lambda report: sections.capacity(report.before, report.after),
    lambda report: sections.cost(report.before, report.after),
)


def _why_not(report: Report) -> str:
    said = [found.message for found in report.preview.diagnostics if found.severity == "error"]
    words = block("\n".join(said or report.preview.faults))
    return f"{words}\n\nWhat follows is what was seen until then, and maybe not all there is."
