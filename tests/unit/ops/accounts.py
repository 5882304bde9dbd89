"""A stack whose nodes are reached under another account than root's."""

from __future__ import annotations

import dataclasses

from ops.stack import Stack


def with_account(stack: Stack, node: str, user: str) -> Stack:
    """The stack, with another account on one node."""
    machine = stack.nodes[node]
    changed = machine.model_copy(update={"ssh": machine.ssh.model_copy(update={"user": user})})
    nodes = stack.settings.nodes.model_copy(update={node: changed})
    return dataclasses.replace(stack, settings=stack.settings.model_copy(update={"nodes": nodes}))
