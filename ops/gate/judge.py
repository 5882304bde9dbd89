"""From a preview to a verdict: a pure function of events, pack, exceptions and what was allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

from ops.gate import evidence, leaks, plan
from ops.gate.events import PACK, Preview, Step, Violation
from ops.gate.rules import Rule
from ops.gate.verdict import COMPLETE, Excused, Finding, Kind, Verdict

if TYPE_CHECKING:
    from policy.rules.support.exceptions import Grant


def judge(
    preview: Preview,
    *,
    rules: Mapping[str, Rule],
    grants: Sequence[Grant] = (),
    today: date,
    allowed: Collection[str] = (),
    leaked: Sequence[Finding] = (),
) -> Verdict:
    """Judge a preview.

    Args:
        rules: Those of the pack, by the names that events use.
        grants: Exceptions in this stack.
        allowed: Names or URNs of containers and networks that may be away for a while, or `plan.ALL`.
        leaked: What was found in the stream before it was read.
    """
    found = plan.changes(preview.steps)
    findings = [
        *_said(preview.violations, rules),
        *plan.judge(found, allowed),
        *leaked,
        *leaks.judge(preview.open_outputs),
        *evidence.judge(preview, rules, grants),
    ]
    excused = tuple(_excused(preview, rules, grants, today))
    outages = tuple(plan.outages(found))
    return Verdict(
        stack=preview.stack,
        findings=tuple(findings),
        excused=excused,
        changes=dict(sorted(Counter(str(change.first.op) for change in found).items())),
        outages=tuple(each.first.name for each in outages if plan.asked_for(each, allowed)),
        evaluated={rule.id: len(preview.evaluated.get(rule.name, ())) for rule in rules.values()},
        notes=tuple(_notes(preview, rules, outages, allowed)),
    )


_MANDATORY: Final = "mandatory"


def _said(violations: Sequence[Violation], rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """What the pack found. One that could not run is a matter of the evidence."""
    for violation in violations:
        if violation.could_not_run and not violation.mandatory:
            continue
        known = rules.get(violation.policy) if violation.pack == PACK else None
        rule = known or _stranger(violation)
        yield Finding(
            kind=Kind.POLICY,
            rule=rule,
            severity=violation.severity or COMPLETE.severity,
            urn=violation.urn,
            message=violation.found,
            # A configuration of the pack may lower a level; the rule's own is what counts here.
            refused=violation.mandatory or rule.level == _MANDATORY,
        )


def _stranger(violation: Violation) -> Rule:
    """A rule that this checkout does not have: another pack's, or another version's."""
    own = violation.pack == PACK
    return Rule(
        id=violation.policy if own else f"{violation.pack or 'unknown'}/{violation.policy}",
        name=violation.policy,
        description="A rule that is not in this checkout's pack.",
        severity=violation.severity or COMPLETE.severity,
        level=violation.level,
        remediation="Ask those who made the pack.",
        page=COMPLETE.page,
    )


def _excused(
    preview: Preview, rules: Mapping[str, Rule], grants: Sequence[Grant], today: date
) -> Iterator[Excused]:
    """The exceptions that were needed: POL-001 refuses others, a rule on one resource is passed over."""
    by_id = {rule.id: rule for rule in rules.values()}
    for grant in grants:
        rule = by_id[grant.rule]
        judged = preview.evaluated.get(rule.name, frozenset())
        for step in {step.urn: step for step in preview.steps if step.name == grant.resource}.values():
            if _silent(rule, step, judged):
                yield Excused(
                    rule=rule,
                    urn=step.urn,
                    reason=grant.reason,
                    owner=grant.owner,
                    days_left=(grant.expires - today).days,
                )


def _silent(rule: Rule, step: Step, judged: frozenset[str]) -> bool:
    """Whether a rule said nothing of a resource that it judges; one on the stack never says of which."""
    return rule.judges is None or (rule.judges(step.type) and step.urn not in judged)


def _notes(
    preview: Preview, rules: Mapping[str, Rule], outages: Sequence[plan.Change], allowed: Collection[str]
) -> Iterator[str]:
    single = [rule for rule in rules.values() if rule.judges is not None]
    idle = sorted(rule.id for rule in single if not preview.evaluated.get(rule.name))
    if idle and preview.evaluated:
        yield f"nothing in this stack for {', '.join(idle)}"
    away = {text for each in outages for text in (each.first.name, each.first.urn)}
    needless = sorted(set(allowed) - away - {plan.ALL})
    if needless:
        yield f"allowed to be away, and not touched: {', '.join(needless)}"
    if preview.strangers:
        yield f"packs of others that judged, too: {', '.join(preview.strangers)}"
    if preview.unknown:
        yield f"events of a kind that this gate does not know: {', '.join(preview.unknown)}"
