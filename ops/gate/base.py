"""Judge a change beside its base: both previews begin with nothing, so neither deletes anything.

What a change takes away is then what the base's preview has and its own lacks. And a change that loosens a
rule passes that rule, so the base's pack judges it once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from ops.gate import plan
from ops.gate.events import PACK, Preview
from ops.gate.steps import State, Step
from ops.gate.verdict import COMPLETE, KEPT, SAME_JUDGE, Finding, Kind, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What there is to compare with; None where nobody asks for it."""

    preview: Preview | None = None
    """Of the base."""

    judged: Preview | None = None
    """Of the change, by the base's pack."""

    allow_loss: Collection[str] = ()
    """Names or URNs of what holds data and may be missing, or `plan.ALL`."""

    allow_policy_change: bool = False


def beside(verdict: Verdict, change: Preview, base: Base) -> Verdict:
    """The verdict on a change, with what only the comparison shows."""
    found = [*_lost(change, base), *_loosened(change, base)]
    return replace(verdict, findings=(*verdict.findings, *found))


def _lost(change: Preview, base: Base) -> Iterator[Finding]:
    if base.preview is None:
        return
    if not base.preview.complete:
        refused = plan.ALL not in base.allow_loss
        yield _missing(
            "the base must be previewed as well", base.preview, "--allow-loss all", refused=refused
        )
    after = {step.urn: step for step in change.steps if step.after}
    for step in base.preview.steps:
        if step.after and _holds_data(step.type, step.after):
            yield from _kept(step, step.after, after.get(step.urn), base.allow_loss)


def _kept(step: Step, was: State, now: Step | None, allowed: Collection[str]) -> Iterator[Finding]:
    """Whether what holds data is still there, as it was."""
    got = _difference(step.type, was, now.after if now else None)
    if not got:
        return
    place = f" on node {step.node}" if step.node else ""
    fix = f"where its data is no longer needed, `--allow-loss {step.name}`"
    yield Finding(
        kind=Kind.PLAN,
        rule=KEPT,
        severity=KEPT.severity,
        urn=step.urn,
        message=f"{step.name}{place}: must stay as the base has it, because it holds data, got {got}; {fix}",
        refused={step.name, step.urn, plan.ALL}.isdisjoint(allowed),
    )


def _difference(kind: str, was: State, now: State | None) -> str:
    if now is None:
        return "no such resource"
    if kind == plan.VOLUME and was.inputs.get("name") != now.inputs.get("name"):
        return "another volume of Docker under its name"
    if kind == plan.VOLUME and now.in_memory:
        return "a volume in memory"
    return "no protect" if was.protect and not now.protect else ""


def _holds_data(kind: str, state: State) -> bool:
    volume = kind == plan.VOLUME and not (state.in_memory or state.external)
    return volume or kind in plan.HOLDS_DATA or state.protect


def _loosened(change: Preview, base: Base) -> Iterator[Finding]:
    """What the base's rules refuse and the change's own let pass."""
    if base.judged is None:
        return
    refused = not base.allow_policy_change
    if not base.judged.complete or not base.judged.evaluated:
        text = "the change must be judged by the base's pack as well"
        yield _missing(text, base.judged, "--allow-policy-change", refused=refused)
    own = {(each.policy, each.urn) for each in change.violations if each.mandatory}
    for violation in base.judged.violations:
        if violation.pack != PACK or not violation.mandatory or (violation.policy, violation.urn) in own:
            continue
        fix = "where the policies are to change, `--allow-policy-change`"
        yield Finding(
            kind=Kind.POLICY,
            rule=SAME_JUDGE,
            severity=violation.severity or SAME_JUDGE.severity,
            urn=violation.urn,
            message=f"policy changed: the base's {violation.policy} refuses {violation.found}; {fix}",
            refused=refused,
        )


def _missing(expected: str, preview: Preview, flag: str, *, refused: bool) -> Finding:
    got = preview.faults[0] if preview.faults else "no word of any rule"
    return Finding(
        kind=Kind.EVIDENCE,
        rule=COMPLETE,
        severity=COMPLETE.severity,
        urn="",
        message=f"events: {expected}, got: {got}; to go on without, `{flag}`",
        refused=refused,
    )
