"""What the swarm opens on its nodes is on a list, and nothing else is open.

The list is the pack's own (`support/inventory.py`): a port that nobody meant shows in review as its edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.inventory import PUBLISHED
from .support.ports import published
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import Placed, StackRule, guarded

_FIX = "remove it, or list it in policy/rules/support/inventory.py"


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every port of a stack that is on no list."""
    for container in resources:
        if container.type == CONTAINER:
            yield from ((container.urn, problem) for problem in guarded(check_ports, container))


def check_ports(container: Resource) -> Iterator[Problem]:
    """Demand that the container's ports are those listed for it."""
    listed = PUBLISHED.get(container.name, ())
    for port in published(container):
        if port.protocol != "tcp" or port.number not in listed:
            expected = f"must be one of {', '.join(map(str, listed))}" if listed else "must not be published"
            yield container.problem(f"{port.path}.external", expected, str(port), _FIX)


RULE = StackRule(
    id="NET-003",
    name="listed-ports",
    description="Only listed ports are published, each by its own container.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Remove the port, or list it in `policy/rules/support/inventory.py`.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
