"""Run a program in a service's container with a secret on its standard input, where no list shows it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from components.model.specs import ServiceSpec
from ops.hosts import on_node
from ops.stack import Stack


@dataclass(frozen=True)
class Said:
    """How the program ended, and what it printed on both outputs: here a refusal is an answer, no error."""

    status: int
    text: str


def inside(stack: Stack, spec: ServiceSpec, words: Sequence[str], *, stdin: str = "") -> Said:
    """Run a program in the container of a service.

    Raises:
        NodeError: The node does not answer.
    """
    command = shlex.join(["docker", "exec", "--interactive", spec.full_name, *words])
    said = on_node(stack.nodes[spec.node], f'{command} 2>&1; printf "\\n%d" $?', stdin=stdin)
    text, _, status = said.rpartition("\n")
    return Said(int(status), text.strip())
