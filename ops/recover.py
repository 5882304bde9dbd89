"""After an interrupted `up`: free the stack, ask the hosts what is there, and remove what the state lost.

A killed engine leaves three things behind: its lock, pending operations, and possibly a container or network
that it had just made but not yet written down, whose name would block the next `up`. Data is never at stake:
volumes are adopted again by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from components.model.naming import LABEL_PREFIX, NETWORK
from ops.hosts import on_node
from ops.stack import Stack, pulumi


@dataclass(frozen=True)
class Orphan:
    """An object on a node that carries the stack's mark and is not in its state."""

    node: str
    kind: str
    """`container` or `network`."""

    name: str
    id: str


def free(stack: Stack) -> None:
    """Remove the lock of a dead engine and bring the state in line with the hosts.

    The caller makes sure that no engine is at work: `pulumi cancel` does not ask whether the owner lives.
    """
    pulumi("cancel", "--yes", "--stack", stack.name)
    pulumi("refresh", "--yes", "--clear-pending-creates", "--skip-preview", "--stack", stack.name)


def orphans(stack: Stack) -> list[Orphan]:
    """Containers and networks of this stack that its state does not know."""
    exported = json.loads(pulumi("stack", "export", "--stack", stack.name))
    known = {item.get("id") for item in exported["deployment"].get("resources", [])}
    return [orphan for node in stack.nodes for orphan in _marked(stack, node) if orphan.id not in known]


def remove(stack: Stack, orphan: Orphan) -> None:
    """Remove one orphan; a network that something else still uses stays, and the engine says so."""
    force = "--force " if orphan.kind == "container" else ""
    on_node(stack.nodes[orphan.node], f"docker {orphan.kind} rm {force}{orphan.id}")


def _marked(stack: Stack, node: str) -> Iterator[Orphan]:
    label = f"--filter label={LABEL_PREFIX}.stack={stack.name} --no-trunc --format '{{{{.ID}}}} {{{{.%s}}}}'"
    commands = {
        "container": f"docker container ls --all {label % 'Names'}",
        "network": f"docker network ls --filter name=^{NETWORK}$ {label % 'Name'}",
    }
    for kind, command in commands.items():
        for line in on_node(stack.nodes[node], command).splitlines():
            identity, name = line.split()
            yield Orphan(node, kind, name, identity)
