"""Containers cannot fill their node with processes.

The docker provider knows no limit on a container's processes, so another control stands in for it: `nproc`
among the limits, which counts the processes of a user, or a remote command that runs
`docker update --pids-limit` with the container's name. One remark for a node, because what is missing is
mostly missing everywhere; advisory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem, UnreadableError
from .support.resources import COMMAND, CONTAINER, Resource
from .support.rule import Placed, StackRule

OPTION = "--pids-limit"


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """One problem for each node with containers that are not limited."""
    commands = [_text(resource) for resource in resources if resource.type == COMMAND]
    limiting = [set(text.split()) for text in commands if OPTION in text]
    unlimited: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.type == CONTAINER and not _is_limited(resource, limiting):
            unlimited.setdefault(_node(resource), []).append(resource)
    for node, containers in sorted(unlimited.items()):
        containers.sort(key=attrgetter("name"))  # the engine's order is that of the run
        names = ", ".join(container.name for container in containers)
        fix = f"add nproc, or run docker update {OPTION} on them"
        path = f"containers.ulimits on {node}"
        yield containers[0].urn, Problem(path, "must limit processes", f"no limit for {names}", fix)


def _is_limited(container: Resource, limiting: Sequence[set[str]]) -> bool:
    try:
        limits = {limit.text("name") for limit in container.fields.objects("ulimits")}
        name = container.fields.text("name")
    except UnreadableError:
        return False
    return "nproc" in limits or any(name in words for words in limiting)


def _text(command: Resource) -> str:
    """What the command runs; nothing where that cannot be read, which proves no limit."""
    try:
        return command.fields.text("create") or ""
    except UnreadableError:
        return ""


def _node(container: Resource) -> str:
    try:
        return f"node {container.node()}" if container.node() else "an unnamed node"
    except UnreadableError:
        return "an unnamed node"


RULE = StackRule(
    id="CTR-015",
    name="process-limit",
    description="Containers cannot fill their node with processes.",
    severity=Severity.LOW,
    frameworks=("CIS 5.29", "KICS 221e0658", "OWASP 7"),
    remediation="Add `nproc` to `ulimits`, or run `docker update --pids-limit` on the container.",
    level=EnforcementLevel.ADVISORY,
    check=judge,
)
