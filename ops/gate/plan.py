"""Judge the steps of a plan: what holds data stays, and whatever stops for a while was asked for by name.

The engine does what a program says, deletions included: no policy is asked about them, and a protection that
ends in the same update protects nothing (pulumi, pkg/resource/deploy/step_generator.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ops.gate.steps import Op, State, Step, texts
from ops.gate.verdict import KEPT, RETAINED, Finding, Kind

ALL = "all"
"""Allows every outage."""

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
VOLUME = "docker:index/volume:Volume"

HOLDS_DATA = frozenset(
    {
        "vault:index/authBackend:AuthBackend",
        "vault:index/mount:Mount",
        "pulumi-python:dynamic/railway:Environment",
        "pulumi-python:dynamic/railway:Project",
        "pulumi-python:dynamic/railway:Volume",
    }
)
"""Beside Docker's volumes. A mount goes with all that it holds, a project with its volumes."""

_QUIET = frozenset({Op.SAME, Op.READ, Op.REFRESH, Op.DISCARD})
_REMOVING = frozenset(
    {
        Op.DELETE,
        Op.REPLACE,
        Op.CREATE_REPLACEMENT,
        Op.DELETE_REPLACED,
        Op.READ_REPLACEMENT,
        Op.DISCARD_REPLACED,
        Op.REMOVE_PENDING_REPLACE,
        Op.IMPORT_REPLACEMENT,
    }
)
_QDRANT_PORTS = frozenset({6333, 6334})


@dataclass(frozen=True, slots=True)
class Change:
    """All steps of one resource."""

    steps: tuple[Step, ...]

    @property
    def first(self) -> Step:
        """The step that the summary counts, where there is one: it names the whole operation."""
        return next((step for step in self.steps if step.logical), self.steps[0])

    @property
    def removing(self) -> bool:
        """Whether what was there goes."""
        return any(step.op in _REMOVING for step in self.steps)

    @property
    def before(self) -> State | None:
        """The resource as it was."""
        return next((step.before for step in self.steps if step.before), None)

    @property
    def after(self) -> State | None:
        """The resource as it will be; None when it goes for good."""
        return next((step.after for step in self.steps if step.after), None)

    def refused(
        self, expected: str, fix: str = "", *, severity: str = KEPT.severity, got: str = ""
    ) -> Finding:
        """Refuse it."""
        step = self.first
        causes = step.forcing or next((each.forcing for each in self.steps if each.forcing), ())
        because = f" because of {', '.join(causes)}" if causes else ""
        place = f" on node {step.node}" if step.node else ""
        message = f"{step.name}{place}: {expected}, got {got or step.op}{because}"
        return Finding(
            kind=Kind.PLAN,
            rule=KEPT,
            severity=severity,
            urn=step.urn,
            message=f"{message}; {fix}" if fix else message,
        )


def changes(steps: Sequence[Step]) -> tuple[Change, ...]:
    """The steps by resource."""
    grouped: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        grouped[step.urn].append(step)
    return tuple(Change(tuple(grouped[urn])) for urn in sorted(grouped))


def judge(found: Sequence[Change], allowed: Collection[str]) -> Iterator[Finding]:
    """Everything that must not be done. Data is never allowed to go; an outage is, by name or by `ALL`."""
    for change in found:
        yield from _kept(change)
        yield from _retained(change)
    for change in outages(found):
        if not asked_for(change, allowed):
            name = change.first.name
            fix = f"where the outage is meant, `--allow-replace {name}`"
            yield change.refused("must stay, as it is in use", fix, severity="high")


def asked_for(change: Change, allowed: Collection[str]) -> bool:
    """Whether an outage is allowed: by its logical name, by its URN, or with every other."""
    return not {change.first.name, change.first.urn, ALL}.isdisjoint(allowed)


def outages(found: Sequence[Change]) -> Iterator[Change]:
    """Containers that stop, and networks that go while containers are in them."""
    for change in found:
        if not change.removing or _is_qdrant(change) or _holds_data(change):
            continue
        if change.first.type == CONTAINER or (change.first.type == NETWORK and _in_use(change, found)):
            yield change


def _kept(change: Change) -> Iterator[Finding]:
    if _is_qdrant(change):
        if any(step.op not in _QUIET for step in change.steps):
            yield change.refused("must not be touched, because Qdrant is not ours")
    elif change.removing and _holds_data(change):
        yield change.refused("must stay, because it holds data")
    elif _loses(change, "protect"):
        fix = "where it is really meant, `pulumi state unprotect` by hand"
        yield change.refused("must stay protected", fix, got="no protect")


def _loses(change: Change, guard: str) -> bool:
    """Whether what is there now stays, and a guard of it goes: the change after this one would find none."""
    before, after = change.before, change.after
    return bool(before and after and getattr(before, guard) and not getattr(after, guard))


def _holds_data(change: Change) -> bool:
    before = change.before
    if change.first.type == VOLUME:
        return not (before and before.in_memory) or bool(before and before.protect)
    return change.first.type in HOLDS_DATA or bool(before and before.protect)


def _retained(change: Change) -> Iterator[Finding]:
    step, after = change.first, change.after
    if after is None or after.retain_on_delete or after.in_memory or step.external:
        return
    if step.type == VOLUME or _loses(change, "retain_on_delete"):
        place = f" on node {step.node}" if step.node else ""
        message = f"{step.name}{place}: must be retained when it is deleted, got no retain_on_delete"
        yield Finding(
            kind=Kind.PLAN, rule=RETAINED, severity=RETAINED.severity, urn=step.urn, message=message
        )


def _in_use(network: Change, found: Sequence[Change]) -> bool:
    """Whether a container is in a network: one that stays, or that is taken out and put back."""
    name = network.before.inputs.get("name") if network.before else None
    return any(
        change.first.type == CONTAINER
        and change.first.node == network.first.node
        and change.before
        and change.after
        and (name is None or name in _networks(change.before))
        for change in found
    )


def _networks(container: State) -> set[object]:
    entries = container.inputs.get("networksAdvanced")
    return (
        {entry.get("name") for entry in entries if isinstance(entry, dict)}
        if isinstance(entries, list)
        else set()
    )


def _is_qdrant(change: Change) -> bool:
    """Whether a resource of Docker stands for the database that is there already and belongs to others."""
    if not change.first.type.startswith("docker:"):
        return False
    states = [state for state in (change.before, change.after) if state]
    named = [change.first.name, *(text for state in states for text in texts(_identity(state)))]
    return any("qdrant" in name.lower() for name in named) or any(map(_publishes_qdrant, states))


def _identity(state: State) -> dict[str, object]:
    return {name: state.inputs.get(name) for name in ("name", "image", "volumes", "mounts")}


def _publishes_qdrant(state: State) -> bool:
    ports = state.inputs.get("ports")
    return isinstance(ports, list) and any(
        isinstance(port, dict) and not _QDRANT_PORTS.isdisjoint({port.get("external"), port.get("internal")})
        for port in ports
    )
