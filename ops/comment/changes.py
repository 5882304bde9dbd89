"""What a preview says, reduced to what a reader of the comment asks: what happens to which resource where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ops.gate.events import Op, Preview, Step
from ops.gate.plan import HOLDS_DATA, VOLUME


class Kind(StrEnum):
    """What happens to a resource, in the order of the columns."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"


ELSEWHERE = "elsewhere"
"""In place of a machine: secrets, the cloud, the stack itself."""

CONTAINER = "docker:index/container:Container"

_KINDS = {
    Op.CREATE: Kind.CREATE,
    Op.IMPORT: Kind.CREATE,
    Op.UPDATE: Kind.UPDATE,
    Op.REPLACE: Kind.REPLACE,
    Op.DELETE: Kind.DELETE,
}
"""Of a replacement's three steps the one that stands for all; what is not named changes no machine."""

_HOLDERS = ("pulumi:pulumi:Stack", "pulumi:providers:", "aiswarm:index:")
"""Beginnings of types that only hold others together."""

_IN_PLACE = frozenset({"memory", "memorySwap"})
"""Inputs of a container that the docker provider changes while it runs, as its own differences say."""

Inputs = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One resource that does not stay as it is."""

    name: str
    type: str
    node: str
    kind: Kind
    fields: tuple[str, ...] = ()
    """Inputs that differ; empty where all is new or gone."""

    holds_data: bool = False

    @property
    def loses_data(self) -> bool:
        """Whether what it holds would be lost to the stack."""
        return self.holds_data and self.kind in {Kind.DELETE, Kind.REPLACE}

    @property
    def short_type(self) -> str:
        """`Container` for `docker:index/container:Container`."""
        return self.type.rpartition(":")[2]


def changes(preview: Preview) -> tuple[Change, ...]:
    """What the engine will do, by its own word."""
    return tuple(
        _change(step, _KINDS[step.op], step.changed)
        for step in preview.steps
        if step.op in _KINDS and not step.type.startswith(_HOLDERS)
    )


def began_with_nothing(preview: Preview) -> bool:
    """Whether everything is made anew, so that the steps themselves tell no change."""
    return all(step.op is Op.CREATE for step in preview.steps)


def inputs(lines: Iterable[str]) -> Mapping[str, Inputs]:
    """All inputs of every resource by URN, to be compared and never shown; unreadable lines are left out."""
    found: dict[str, Inputs] = {}
    for line in lines:
        try:
            state = json.loads(line)["resourcePreEvent"]["metadata"]["new"]
            found[state["urn"]] = dict(state["inputs"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def compared(
    base: Preview, head: Preview, *, before: Mapping[str, Inputs], after: Mapping[str, Inputs]
) -> tuple[Change, ...]:
    """What differs between two previews that both began with nothing.

    Whether a container can be changed in place only its provider knows, and here it is not asked. What is
    secret or not yet known looks alike in both, so a change of it alone is not seen.
    """
    old, new = _made(base), _made(head)
    found = [_change(step, Kind.CREATE) for urn, step in new.items() if urn not in old]
    found += [_change(step, Kind.DELETE) for urn, step in old.items() if urn not in new]
    for urn, step in new.items():
        if urn in old and (fields := _different(before.get(urn, {}), after.get(urn, {}))):
            found.append(_change(step, _likely(step, fields), fields))
    return tuple(found)


def by_node(found: Iterable[Change]) -> Mapping[str, Sequence[Change]]:
    """The changes of each machine, machines by name and the rest behind them."""
    nodes: dict[str, list[Change]] = {}
    for change in found:
        nodes.setdefault(change.node, []).append(change)
    return dict(sorted(nodes.items(), key=lambda item: (item[0] == ELSEWHERE, item[0])))


def _change(step: Step, kind: Kind, fields: Iterable[str] = ()) -> Change:
    return Change(
        name=step.name,
        type=step.type,
        node=step.node or ELSEWHERE,
        kind=kind,
        fields=tuple(fields),
        holds_data=_holds_data(step),
    )


def _holds_data(step: Step) -> bool:
    known = step.before or step.after
    on_disk = step.type == VOLUME and not (known and known.in_memory)
    return on_disk or step.type in HOLDS_DATA or bool(known and known.protect)


def _made(preview: Preview) -> dict[str, Step]:
    return {step.urn: step for step in preview.steps if not step.type.startswith(_HOLDERS)}


def _likely(step: Step, fields: Sequence[str]) -> Kind:
    return Kind.REPLACE if step.type == CONTAINER and not _IN_PLACE.issuperset(fields) else Kind.UPDATE


def _different(before: Inputs, after: Inputs) -> tuple[str, ...]:
    keys = before.keys() | after.keys()
    return tuple(sorted(key for key in keys if before.get(key) != after.get(key)))
