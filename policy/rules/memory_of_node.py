"""The limits of all containers of a node fit into its memory at the same time.

So no container is killed because another one is busy. What is kept for the system is not given away.

A container's own /dev/shm and tmpfs mounts count in its limit already, because the kernel charges their pages
to whoever writes them (Linux, cgroup-v2, `memory.stat` shmem). Volumes in memory outlive the container that
filled them and then count nowhere, so their sizes are added; one without a size may take half of the node
(Linux, tmpfs).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from pulumi_policy import EnforcementLevel, Severity

from .support.host_paths import mount_flags
from .support.nodes import Nodes, name_at, nodes_of
from .support.problems import Problem, UnreadableError
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import Placed, StackRule, guarded

_SIZE = re.compile(r"(?P<number>[0-9]+)(?P<unit>[kmg]?)", re.IGNORECASE)
_MIB = {"": Fraction(1, 1024**2), "k": Fraction(1, 1024), "m": Fraction(1), "g": Fraction(1024)}


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every node that promises more than it has, and everything whose size is not known."""
    nodes = nodes_of(resources) if any(each.type in {CONTAINER, VOLUME} for each in resources) else {}
    taken: dict[str, dict[str, Fraction]] = defaultdict(dict)
    for resource in resources:
        yield from ((resource.urn, problem) for problem in guarded(check_size, resource))
        name = _node(resource, nodes)
        if name is not None:
            taken[name][resource.name] = _mib(resource)
    for name, node in sorted(nodes.items()):
        problem = _compare(name, nodes, taken[name])
        if problem is not None:
            yield node.urn, problem


def check_size(resource: Resource) -> Iterator[Problem]:
    """Demand that what takes memory says how much."""
    if resource.type == CONTAINER:
        memory = resource.fields.number("memory")
        if memory is None or memory <= 0:
            yield resource.problem("memory", "must be known to be counted for the node", "no limit", "set it")
    if resource.type == VOLUME and _is_in_memory(resource) and _size(resource) is None:
        expected = "must give the size of a volume in memory, e.g. size=1m"
        yield resource.problem("driverOpts.o", expected, "none", "add it")


def _compare(name: str, nodes: Nodes, taken: Mapping[str, Fraction]) -> Problem | None:
    node = nodes[name]
    available, needed = Fraction(node.memory_mib) - Fraction(node.reserved_mib), sum(taken.values())
    if needed <= available:
        return None
    largest = sorted(taken.items(), key=lambda item: (-item[1], item[0]))[:3]
    most = ", ".join(f"{each} {float(size):g}" for each, size in largest)
    expected = f"less the reserve of {node.reserved_mib:g} must hold all limits, {float(needed):g} MiB"
    fix = f"lower some; the largest are {most}"
    return Problem(f"{name}.memory_mib", expected, f"{float(available):g} MiB", fix)


def _node(resource: Resource, nodes: Nodes) -> str | None:
    """Where it is; elsewhere than on a node is refused by `arm-image-on-arm-node`."""
    try:
        return name_at(nodes, resource.host()) if resource.type in {CONTAINER, VOLUME} else None
    except UnreadableError:
        return None


def _mib(resource: Resource) -> Fraction:
    """What it may take; nothing where that cannot be read, which `check_size` refuses."""
    try:
        if resource.type == VOLUME:
            return (_size(resource) or Fraction(0)) if _is_in_memory(resource) else Fraction(0)
        return max(Fraction(0), Fraction(resource.fields.number("memory") or 0))
    except UnreadableError:
        return Fraction(0)


def _is_in_memory(volume: Resource) -> bool:
    options = volume.fields.nested("driverOpts")
    return "tmpfs" in {options.text("type"), options.text("device")}


def _size(volume: Resource) -> Fraction | None:
    """The last size counts, as mount(8) takes it."""
    sizes = [
        flag.removeprefix("size=")
        for flag in mount_flags(volume.fields.nested("driverOpts"))
        if flag.startswith("size=")
    ]
    found = _SIZE.fullmatch(sizes[-1]) if sizes else None
    if found is None or not int(found["number"]):  # 0 means no limit
        return None
    return int(found["number"]) * _MIB[found["unit"].lower()]


RULE = StackRule(
    id="CAP-002",
    name="memory-of-node",
    description="The limits of all containers of a node fit into its memory at the same time.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Lower limits in `aiswarm:limits`, or move a service to another node.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
