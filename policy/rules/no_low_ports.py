"""Ports below 1024 belong to the machine, but for those where browsers look for the swarm's front door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import EnforcementLevel, Severity

from .support.ports import published
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

LISTED: Mapping[str, frozenset[int]] = {"oracle-haproxy": frozenset({80, 443})}
FIRST_FREE = 1024
"""Lower ones may only be opened by root (Linux, ip_unprivileged_port_start)."""


def check_ports(container: Resource) -> Iterator[Problem]:
    """Refuse low ports of the host."""
    listed = LISTED.get(container.name, frozenset())
    for port in published(container):
        if port.number is not None and port.number < FIRST_FREE and port.number not in listed:
            allowed = " or ".join(("at least 1024", *map(str, sorted(listed))))
            fix = "publish it higher; the front door leads to it"
            yield container.problem(f"{port.path}.external", f"must be {allowed}", str(port.number), fix)


RULE = ResourceRule(
    id="NET-002",
    name="no-low-ports",
    description="Containers publish no port below 1024 but 80 and 443 of the front door.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 5.8", "KICS bc2908f3"),
    remediation="Publish the port at 1024 or higher.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_ports,)},
)
