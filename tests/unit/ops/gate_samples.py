"""The gate on recorded streams, with the rules that the pack had when they were recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from ops.gate import events
from ops.gate.judge import judge
from ops.gate.plan import CONTAINER, VOLUME
from ops.gate.rules import Rule
from ops.gate.verdict import Verdict
from policy.rules.support.exceptions import Grant
from tests.unit.ops import streams

TODAY = date(2026, 11, 23)
GRANTS = tuple(
    Grant(
        rule="CTR-009",
        resource=f"{node}-node-exporter",
        stacks=("lab",),
        found=("'/', read-only",),
        reason="reads the machine's own figures",
        owner="operations",
        granted=TODAY,
        expires=date(2026, 12, 3),
    )
    for node in ("oracle", "starlord", "thanos")
)


def rule(rule_id: str, name: str, *types: str, severity: str = "high") -> Rule:
    """A rule of the pack; without types, one on the whole stack."""
    return Rule(
        id=rule_id,
        name=name,
        description=f"What {name} demands.",
        severity=severity,
        level="mandatory",
        remediation="Mend it.",
        frameworks=("CIS 5.4",),
        page=f"policy/docs/{rule_id}.md",
        judges=frozenset(types).__contains__ if types else None,
    )


PACK = {
    each.name: each
    for each in (
        rule("CTR-002", "non-root-user", CONTAINER, severity="critical"),
        rule("CTR-009", "own-host-folders", CONTAINER, VOLUME),
        rule("CTR-016", "default-cgroup", CONTAINER, severity="medium"),
        rule("CTR-020", "one-writer-per-volume", severity="low"),
    )
}


def verdict(
    lines: Iterable[str],
    *,
    allowed: Collection[str] = (),
    grants: Sequence[Grant] = GRANTS,
    pack: Mapping[str, Rule] = PACK,
) -> Verdict:
    """What the gate says of a stream."""
    return judge(events.read(lines), rules=pack, grants=grants, today=TODAY, allowed=allowed)


def recorded(name: str, *, allowed: Collection[str] = ()) -> Verdict:
    """What it says of a recorded one."""
    return verdict(streams.lines(name), allowed=allowed)


def refusals(found: Verdict) -> list[str]:
    """What refuses the update, as shown."""
    return [f"{each.rule.id} {each.message}" for each in found.refusals]
