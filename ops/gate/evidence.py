"""Judge whether a preview says enough to be believed: what was not asked is not good, but unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ops.gate.events import Preview
from ops.gate.rules import Rule
from ops.gate.steps import Op
from ops.gate.verdict import COMPLETE, Finding, Kind

if TYPE_CHECKING:
    from policy.rules.support.exceptions import Grant

_ASKED = frozenset(
    {
        Op.SAME,
        Op.CREATE,
        Op.UPDATE,
        Op.REPLACE,
        Op.CREATE_REPLACEMENT,
        Op.IMPORT,
        Op.IMPORT_REPLACEMENT,
    }
)
"""What the engine asks the pack about; neither what goes nor what is only read (step_generator.go)."""


def judge(preview: Preview, rules: Mapping[str, Rule], grants: Sequence[Grant]) -> Iterator[Finding]:
    """Everything that is missing."""
    for fault in preview.faults:
        yield _missing(fault, fix="run the preview again")
    for violation in preview.violations:
        if violation.could_not_run:
            rule = rules.get(violation.policy, COMPLETE)
            yield _missing(violation.message.partition("\n")[0], rule=rule, urn=violation.urn)
    if not preview.evaluated:
        yield _missing("must be judged by the pack, got no word of any rule", fix="--policy-pack policy")
        return
    expected = {step.urn: step.type for step in preview.steps if step.op in _ASKED}
    unasked = sorted(expected.keys() - preview.analyzed)
    if unasked:
        yield _missing(f"must be shown to the pack, got {_some(unasked)} left out")
    for rule in rules.values():
        yield from _unsaid(rule, expected, preview.evaluated.get(rule.name, frozenset()), grants)


def _unsaid(
    rule: Rule, expected: Mapping[str, str], evaluated: frozenset[str], grants: Sequence[Grant]
) -> Iterator[Finding]:
    """A rule that said nothing where it must. Where the pack excuses it, it counts as not applicable."""
    excused = {grant.resource for grant in grants if grant.rule == rule.id}
    if rule.judges is None:
        if not evaluated and not excused:
            yield _missing("must be evaluated on the stack, got no word of it", rule=rule)
        return
    silent = sorted(
        urn
        for urn, kind in expected.items()
        if rule.judges(kind) and urn not in evaluated and urn.rpartition("::")[2] not in excused
    )
    if silent:
        yield _missing(f"must be evaluated on every resource, got no word on {_some(silent)}", rule=rule)


def _some(urns: Sequence[str]) -> str:
    """Up to three names, and how many more."""
    names = ", ".join(urn.rpartition("::")[2] for urn in urns[:3])
    return f"{names} and {len(urns) - 3} more" if len(urns) > 3 else names


def _missing(text: str, *, rule: Rule = COMPLETE, urn: str = "", fix: str = "") -> Finding:
    subject = "events" if rule is COMPLETE else f"{rule.id} {rule.name}"
    message = f"{subject}: {text}; {fix}" if fix else f"{subject}: {text}"
    return Finding(kind=Kind.EVIDENCE, rule=COMPLETE, severity=COMPLETE.severity, urn=urn, message=message)
