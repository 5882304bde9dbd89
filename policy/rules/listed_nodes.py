"""Each machine has the processors that the pack's own inventory says.

Every rule on images asks the node's component which processors a machine has, and that component is part of
the program that is judged: a wrong word there would turn all of them. A node of the lab is known by its
address, which no other machine can have, and not by the name of a stack, which anybody can give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import AddressValueError, IPv4Address

from pulumi_policy import EnforcementLevel, Severity

from .support.inventory import ARCHITECTURES, LAB_NETWORK
from .support.nodes import Node, nodes_of
from .support.problems import Problem
from .support.resources import CONTAINER, REMOTE_IMAGE, Resource
from .support.rule import Placed, StackRule

_FIX = "correct it, or list the machine in policy/rules/support/inventory.py"


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every node that is another machine than is listed; a stack without Docker needs none."""
    judged = any(resource.type in {CONTAINER, REMOTE_IMAGE} for resource in resources)
    nodes = nodes_of(resources) if judged else {}
    for name, node in nodes.items():
        listed = ARCHITECTURES.get(name)
        if node.arch != listed and not _is_of_lab(node):
            expected = f"must be {listed}" if listed else f"must be of one of {', '.join(ARCHITECTURES)}"
            got = repr(node.arch) if listed else "a machine that is not listed"
            yield node.urn, Problem(f"{name}.arch", expected, got, _FIX)


def _is_of_lab(node: Node) -> bool:
    try:
        return IPv4Address(node.address) in LAB_NETWORK
    except AddressValueError:
        return False


RULE = StackRule(
    id="IMG-008",
    name="listed-nodes",
    description="Each machine has the processors that the inventory says.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Declare the node's true architecture, or correct `policy/rules/support/inventory.py`.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    check=judge,
)
