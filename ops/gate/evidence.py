"""Judge whether a preview says enough to be believed: what was not asked is not good, but unknown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ops.gate.events import PACK, STACK, Preview
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
    if not any(step.type == STACK for step in preview.steps):
        yield _missing(
            f"must hold a step of the stack itself, {STACK}, got none", fix="run the preview again"
        )
    if not preview.evaluated:
        others = f"by {', '.join(preview.strangers)} alone" if preview.strangers else "no word of any rule"
        yield _missing(f"must be judged by the pack {PACK}, got {others}", fix="--policy-pack policy")
        return
    expected = {step.urn: step.type for step in preview.steps if step.op in _ASKED}
    unasked = sorted(expected.keys() - preview.analyzed)
    if unasked:
        yield _missing(f"must be shown to the pack, got {_some(unasked)} left out")
    for rule in rules.values():
        yield from _unsaid(rule, expected, preview.evaluated.get(rule.name, frozenset()), grants)
    yield from _given_up(preview, rules)


def _given_up(preview: Preview, rules: Mapping[str, Rule]) -> Iterator[Finding]:
    """Rules that came upon an unknown value. The engine counts them as failed, and tells it as advice."""
    given_up: dict[str, list[str]] = defaultdict(list)
    for violation in preview.violations:
        if violation.could_not_run and violation.pack == PACK:
            given_up[violation.policy].append(violation.urn or preview.stack)
    for policy, urns in sorted(given_up.items()):
        text = f"must judge without values that are not known yet, got no verdict on {_some(sorted(urns))}"
        yield _missing(text, rule=rules.get(policy), subject=policy)


def _unsaid(
    rule: Rule, expected: Mapping[str, str], evaluated: frozenset[str], grants: Sequence[Grant]
) -> Iterator[Finding]:
    """A rule that said nothing where it must. Where the pack excuses a resource, it is passed over there."""
    if rule.judges is None:
        if not evaluated:
            yield _missing("must be evaluated on the stack, got no word of it", rule=rule)
        return
    excused = {grant.resource for grant in grants if grant.rule == rule.id}
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


def _missing(text: str, *, rule: Rule | None = None, subject: str = "events", fix: str = "") -> Finding:
    path = f"{rule.id} {rule.name}" if rule else subject
    message = f"{path}: {text}; {fix}" if fix else f"{path}: {text}"
    return Finding(kind=Kind.EVIDENCE, rule=COMPLETE, severity=COMPLETE.severity, urn="", message=message)
