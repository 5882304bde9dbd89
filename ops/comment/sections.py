"""The parts of the comment, each a title with a table, or nothing where there is nothing to say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ops.comment.changes import CONTAINER, Change, Kind, by_node
from ops.comment.exceptions import Exceptions
from ops.comment.markdown import Table, code, codes, count
from ops.comment.plans import Plan
from ops.comment.verdicts import Verdict
from ops.gate.events import Violation

SEVERITIES = ("critical", "high", "medium", "low")

OUTAGE_NOTE = (
    "At most, by the service's own settings and not measured: until the engine would kill it, and until it "
    "must be healthy again. The image is pulled before."
)


@dataclass(frozen=True, slots=True)
class Section:
    """A title, a table and a remark below it."""

    title: str
    table: Table
    remark: str = ""

    def render(self, most_rows: int | None) -> str:
        """As Markdown, with so many rows at most."""
        parts = (f"#### {self.title}", self.table.render(most_rows), self.remark)
        return "\n\n".join(part for part in parts if part)


def data(found: Sequence[Change]) -> Iterator[Section]:
    """What holds data and would go, before everything else: nobody may find it among forty rows."""
    rows = [
        (code(change.node), code(change.name), code(change.short_type), change.kind)
        for change in found
        if change.loses_data
    ]
    if rows:
        remark = (
            "An `up` refuses this: data goes by hand or not at all (DAT-004 of `docs/gate.md`). Docker's "
            "volumes stay on their machine, and what comes next begins without them."
        )
        yield Section(
            "⚠️ Data that would go", Table(("node", "resource", "type", "what happens"), rows), remark
        )


def on_nodes(found: Sequence[Change]) -> Iterator[Section]:
    """How many resources change on each machine, and which."""
    nodes = by_node(found)
    counts = {node: Counter(change.kind for change in each) for node, each in nodes.items()}
    rows = [(code(node), *(str(counted[kind] or "–") for kind in Kind)) for node, counted in counts.items()]
    if not rows:
        return
    yield Section("Changes per node", Table(("node", *Kind), rows, right=frozenset(range(1, 5))))
    each = [
        (code(node), code(change.name), code(change.short_type), change.kind, codes(change.fields))
        for node, changes in nodes.items()
        for change in sorted(changes, key=lambda change: (_weight(change), change.name, change.type))
    ]
    title = f"{count(len(each), 'resource')}, what is removed first"
    head = ("node", "resource", "type", "what happens", "because of")
    yield Section("Resources", Table(head, each, folded=title))


def _weight(change: Change) -> int:
    return -list(Kind).index(change.kind)


def violations(found: Sequence[Violation]) -> Iterator[Section]:
    """What the policies refuse or advise against, the worst first; advice is folded."""
    for mandatory in (True, False):
        chosen = sorted((each for each in found if each.mandatory is mandatory), key=_badness)
        if not chosen:
            continue
        rows = [
            (
                code(each.severity or "unknown"),
                code(each.policy),
                code(_name(each.urn)),
                code(_finding(each.message)),
            )
            for each in chosen
        ]
        title = "Violations that refuse it" if mandatory else "Advice"
        folded = "" if mandatory else f"{count(len(rows), 'piece')} of advice"
        yield Section(title, Table(("severity", "rule", "resource", "what is found"), rows, folded=folded))


def gate(found: Verdict | None) -> Iterator[Section]:
    """What the gate found beside the policies: what refuses, and what was allowed."""
    if found is None:
        return
    for refused in (True, False):
        rows = [
            (
                code(each.severity or "unknown"),
                code(each.rule),
                code(each.resource or "–"),
                code(each.message),
            )
            for each in found.beyond_policies
            if each.refused is refused
        ]
        if rows:
            title = "The gate refuses" if refused else "The gate would refuse, but a label allows it"
            yield Section(title, Table(("severity", "rule", "resource", "what is found"), rows))


def _badness(violation: Violation) -> tuple[int, str, str]:
    known = violation.severity in SEVERITIES
    return (SEVERITIES.index(violation.severity) if known else -1, violation.policy, violation.urn)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2] or "the stack"


def _finding(message: str) -> str:
    """What was found; the engine puts the rule's description on a line before it."""
    return message.strip().partition("\n")[2] or message


def away(found: Sequence[Change], plan: Plan | None) -> Iterator[Section]:
    """For each container that is replaced or removed: how long it is away, and who notices."""
    gone = [
        change for change in found if change.type == CONTAINER and change.kind in {Kind.REPLACE, Kind.DELETE}
    ]
    if not gone:
        return
    rows = [_away_row(change, plan) for change in gone]
    head = ("service", "seconds away", "doors closed to people", "services touched", "covered by")
    yield Section("While it happens", Table(head, rows), remark=OUTAGE_NOTE)


def _away_row(change: Change, plan: Plan | None) -> tuple[str, ...]:
    restart = next((each for each in plan.restarts if each.service == change.name), None) if plan else None
    outage = next((each for each in plan.outages if each.service == change.name), None) if plan else None
    if change.kind is Kind.DELETE:
        seconds = "for good"
    elif outage:
        total = outage.stop_seconds + outage.start_seconds
        seconds = f"≤ {total} ({outage.stop_seconds} + {outage.start_seconds})"
    else:
        seconds = "unknown"
    if restart is None:
        return (code(change.name), seconds, "unknown", "unknown", "unknown")
    touched = (*restart.direct, *restart.transitive)
    return (code(change.name), seconds, codes(restart.routes), codes(touched), codes(restart.covered_by))


def capacity(before: Plan | None, after: Plan | None) -> Iterator[Section]:
    """Memory and disk that are asked of each machine."""
    if after is None:
        return
    old = {node.node: node for node in before.nodes} if before else {}
    rows = []
    for node in after.nodes:
        was = old.get(node.node)
        free = f"**{node.free_mib}**" if node.free_mib < 0 else str(node.free_mib)
        rows.append(
            (
                code(node.node),
                _from_to(was.limits_mib if was else None, node.limits_mib),
                free,
                str(node.memory_mib - node.reserved_mib),
                _from_to(was.disk_gib if was else None, node.disk_gib),
            )
        )
    head = ("node", "memory limits MiB", "left MiB", "of MiB", "volumes GiB")
    yield Section("Capacity", Table(head, rows, right=frozenset(range(1, 5))))


def cost(before: Plan | None, after: Plan | None) -> Iterator[Section]:
    """Bills of a month, where one of them changes."""
    if before is None or after is None:
        return
    old = {each.name: each for each in before.costs}
    new = {each.name: each for each in after.costs}
    rows = []
    for name in sorted(old.keys() | new.keys()):
        was, will = (side[name].dollars_per_month if name in side else 0.0 for side in (old, new))
        basis = (new.get(name) or old[name]).basis
        rows.append((code(name), f"{was:.2f}", f"{will:.2f}", f"{will - was:+.2f}", code(basis)))
    sums = [sum(side.dollars_per_month for side in plan.values()) for plan in (old, new)]
    if old == new:
        return
    rows.append(("all", f"{sums[0]:.2f}", f"{sums[1]:.2f}", f"{sums[1] - sums[0]:+.2f}", ""))
    head = ("bill", "before $", "after $", "change $", "how it is known")
    yield Section("Cost a month", Table(head, rows, right=frozenset({1, 2, 3})))


def exceptions(found: Exceptions, today: date) -> Iterator[Section]:
    """What the policies let pass for a while, the first to expire first."""
    if not found.granted:
        return
    rows = [
        (
            _days(each.days_left(today)),
            code(each.rule),
            code(each.resource),
            codes(each.stacks),
            code(each.owner),
        )
        for each in found.granted
    ]
    left = found.granted[0].days_left(today)
    first = "the first has expired" if left < 0 else f"the first for {count(left, 'day')} more"
    soonest = f"{count(len(rows), 'exception')}, {first}"
    head = ("days left", "rule", "resource", "stacks", "owner")
    yield Section("Exceptions", Table(head, rows, right=frozenset({0}), folded=soonest))


def _days(days: int) -> str:
    return "expired" if days < 0 else str(days)


def _from_to(before: int | None, after: int) -> str:
    return str(after) if before in {None, after} else f"{before} → **{after}**"


def created(found: Sequence[Change]) -> bool:
    """Whether the whole stack is new."""
    return bool(found) and all(change.kind is Kind.CREATE for change in found)
