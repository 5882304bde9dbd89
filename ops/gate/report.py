"""A verdict for people: as tables, and as markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from ops.gate.verdict import Excused, Finding, Verdict

_SEVERITIES = ("critical", "high", "medium", "low", "")
_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "\\`*_[]<>|#@&"})
_COLOURS = {"critical": "red", "high": "red", "medium": "yellow", "low": "blue"}


def tables(verdict: Verdict) -> tuple[Table, ...]:
    """What refuses the update, what is advice, and what is excused."""
    shown = (
        _findings("refused", verdict.refusals),
        _findings("advice", [found for found in verdict.findings if not found.refused]),
        _excused(verdict),
    )
    return tuple(table for table in shown if table.row_count)


def sentence(verdict: Verdict) -> str:
    """The verdict in one line."""
    changes = ", ".join(f"{count} {op}" for op, count in verdict.changes.items()) or "no resource"
    stack = verdict.stack or "unknown stack"
    rules = sum(1 for count in verdict.evaluated.values() if count)
    if verdict.status == 0:
        return f"{stack}: may go on; {changes}; {rules} rules had their say"
    kinds = Counter(str(found.kind) for found in verdict.refusals)
    reasons = ", ".join(f"{count} by {kind}" for kind, count in kinds.items())
    return f"{stack}: refused, {reasons}; {changes}; {rules} rules had their say"


def markdown(verdict: Verdict) -> str:
    """The verdict for a page of a forge."""
    parts = [
        f"### Gate: {sentence(verdict)}",
        _listing("Refused", verdict.refusals),
        _listing("Advice", [found for found in verdict.findings if not found.refused]),
        _section("Excused", [_excuse_line(each) for each in verdict.excused]),
        _section("Allowed to be away for a while", [_inline(name) for name in verdict.outages]),
        _section("Notes", [_inline(note) for note in verdict.notes]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first."""

    def rank(found: Finding) -> tuple[int, str, str]:
        known = found.severity if found.severity in _SEVERITIES else ""
        return _SEVERITIES.index(known), found.rule.id, found.message

    return sorted(findings, key=rank)


def _findings(title: str, findings: Sequence[Finding]) -> Table:
    table = Table("severity", "rule", "found", title=title, title_justify="left")
    for found in ordered(findings):
        colour = _COLOURS.get(found.severity, "default")
        severity = f"[{colour}]{escape(found.severity)}[/{colour}]"
        table.add_row(severity, escape(found.rule.id), escape(found.message))
    return table


def _excused(verdict: Verdict) -> Table:
    table = Table("rule", "resource", "days left", "owner", "reason", title="excused", title_justify="left")
    for each in verdict.excused:
        name = each.urn.rpartition("::")[2]
        table.add_row(
            each.rule.id, escape(name), str(each.days_left), escape(each.owner), escape(each.reason)
        )
    return table


def _listing(title: str, findings: Sequence[Finding]) -> str:
    return _section(
        title,
        [
            f"**{_inline(found.severity)}** {_inline(found.rule.id)}: {_inline(found.message)}"
            for found in ordered(findings)
        ],
    )


def _excuse_line(each: Excused) -> str:
    name = each.urn.rpartition("::")[2]
    return f"{each.rule.id} {_inline(name)}, {each.days_left} days left ({_inline(each.owner)})"


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"#### {title}", "", *(f"- {line}" for line in lines)]) if lines else ""


def _inline(text: str) -> str:
    """Text of others as it stands: no markup, no line of its own, no mention."""
    return " ".join(text.translate(_ENTITIES).split())
