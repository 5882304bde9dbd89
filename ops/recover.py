"""After an interrupted `up`: free the stack, ask the hosts what is there, and remove what the state lost.

A killed engine leaves three things behind: its lock, pending operations, and possibly a container or network
that it had just made but not yet written down, whose name would block the next `up`. Data is never at stake:
volumes are adopted again by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from components.model.naming import LABEL_PREFIX, NETWORK
from ops.errors import SwarmError
from ops.hosts import NodeError, on_node
from ops.stack import EngineError, Stack, pulumi

CONTAINER_TYPE = "docker:index/container:Container"

REFRESH = ("refresh", "--yes", "--skip-preview", "--exclude", "**:SwarmSecrets$**")
"""Brings the state in line with the hosts, and leaves out the Vault server's content with its provider.

With it every refresh would dial the server, and fail where its container is gone: nothing could put the
container back. In a pattern of the engine `**` is any text; one that fits nothing is no error, other than a
plain URN (pkg/resource/deploy, `NewUrnTargets` and `checkTargets`)."""


@dataclass(frozen=True)
class Orphan:
    """An object on a node that carries the stack's mark and is not in its state."""

    node: str
    kind: str
    """`container` or `network`."""

    name: str
    id: str


@dataclass
class ForeignStateError(SwarmError):
    """The state is not the one that the containers on the nodes were made with."""

    said: str

    def __str__(self) -> str:
        """What does not fit."""
        return self.said


@dataclass(frozen=True)
class Found:
    """What the nodes hold that the state does not know."""

    orphans: tuple[Orphan, ...]
    silent: dict[str, str]
    """Nodes that did not answer, each with what was said instead."""


def look(stack: Stack) -> Found:
    """Compare the nodes with the state; nothing is changed.

    Raises:
        ForeignStateError: Nodes hold containers of this stack, and the state neither holds one nor was
            interrupted while it made one: every container there is would count as lost.
    """
    deployment = json.loads(pulumi("stack", "export", "--stack", stack.name))["deployment"]
    resources = deployment.get("resources") or []
    marked, silent = _all_marked(stack)
    containers = [found.name for found in marked if found.kind == "container"]
    if containers and not _knows_containers(resources, deployment.get("pending_operations") or []):
        raise ForeignStateError(
            f"state of stack {stack.name}: must hold the containers on its nodes, got none while the nodes "
            f"have {', '.join(containers)}; nothing was changed; choose the right backend "
            "(pulumi whoami --verbose), or remove those containers by hand"
        )
    known = {item.get("id") for item in resources}
    return Found(tuple(found for found in marked if found.id not in known), silent)


def free(stack: Stack, *, silent: Collection[str], say: Callable[[str], None]) -> None:
    """Remove the lock of a dead engine and bring the state in line with the hosts.

    The caller makes sure that no engine is at work: `pulumi cancel` does not ask whether the owner lives.

    Args:
        silent: Nodes that do not answer: what the engine says of them is passed on and no error.
        say: Takes one line at a time.

    Raises:
        EngineError: The engine refused although every node answers.
    """
    say("removing the lock")
    pulumi("cancel", "--yes", "--stack", stack.name)
    say("bringing the state in line with the nodes; this takes about a minute")
    try:
        pulumi(*REFRESH, "--clear-pending-creates", "--stack", stack.name)
    except EngineError as error:
        if not silent:
            raise
        say(f"the state could not be brought in line with {', '.join(sorted(silent))}: {error}")


def remove(stack: Stack, orphan: Orphan) -> None:
    """Remove one orphan; a container has its own grace to stop in.

    Raises:
        NodeError: The node does not answer, or Docker refuses: a network that something still uses stays.
    """
    grace_seconds = max(spec.stop_grace_seconds for spec in stack.services)
    stop = f"docker container stop {orphan.id} && " if orphan.kind == "container" else ""
    on_node(
        stack.nodes[orphan.node],
        f"{stop}docker {orphan.kind} rm {orphan.id}",
        timeout_seconds=grace_seconds + 60,
    )


def _knows_containers(resources: list[dict[str, Any]], pending: list[dict[str, Any]]) -> bool:
    interrupted = [operation.get("resource", {}) for operation in pending]
    return any(item.get("type") == CONTAINER_TYPE for item in (*resources, *interrupted))


def _all_marked(stack: Stack) -> tuple[list[Orphan], dict[str, str]]:
    found: list[Orphan] = []
    silent: dict[str, str] = {}
    for node in stack.nodes:
        try:
            found.extend(_marked(stack, node))
        except NodeError as error:
            silent[node] = error.said
    return found, silent


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
