"""The machines of a stack, as its node components show them.

Taken from the resources and not from the configuration, which the engine does not hand to the pack when a
state file is judged (`pulumi policy analyze`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from .fields import Fields
from .problems import UnreadableError
from .resources import Resource

_NODE = re.compile(r"aiswarm:index:[A-Za-z]+Node")


@dataclass(frozen=True, slots=True)
class Node:
    """One machine."""

    address: str
    arch: Literal["amd64", "arm64"]
    memory_mib: float
    reserved_mib: float
    """Kept for the system and for what is not ours."""

    cards_mib: tuple[float, ...]
    """Memory of each graphics card."""

    urn: str
    """Of its component: where a problem of the whole node is shown."""


Nodes = Mapping[str, Node]


def nodes_of(resources: Sequence[Resource]) -> Nodes:
    """The nodes of a stack by their names.

    Raises:
        UnreadableError: There is none, or one of them does not show what it is.
    """
    found = {
        each.name: _node(each.fields.under(each.name), each.urn)
        for each in resources
        if _NODE.fullmatch(each.type)
    }
    if not found:
        fix = "declare each machine as a component that shows its address and architecture"
        raise UnreadableError("nodes", "must be declared in the stack", "none", fix)
    return found


def name_at(nodes: Nodes, address: str | None) -> str | None:
    """Name of the node with an address."""
    return next((name for name, node in nodes.items() if node.address == address), None)


def _node(shown: Fields, urn: str) -> Node:
    address, arch = shown.text("address"), shown.text("arch")
    if not address:
        raise UnreadableError(shown.path("address"), "must be the node's address", "none")
    if arch not in {"amd64", "arm64"}:
        raise UnreadableError(shown.path("arch"), "must be amd64 or arm64", repr(arch))
    return Node(
        address,
        cast("Literal['amd64', 'arm64']", arch),
        _amount(shown, "memory_mib"),
        _amount(shown, "reserved_mib"),
        tuple(_amount(card, "memory_mib") for card in shown.objects("gpus")),
        urn,
    )


def _amount(fields: Fields, name: str) -> float:
    found = fields.number(name)
    if found is None or found < 0:
        raise UnreadableError(fields.path(name), "must be a number of mebibytes", repr(found))
    return found
