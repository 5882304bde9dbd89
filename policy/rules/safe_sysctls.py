"""Containers set only kernel parameters that are their own.

Those listed belong to a namespace of the container and bring no other container or the node into danger: the
safe ones of the Pod Security Standards. Their values are not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

SAFE = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)


def check_sysctls(container: Resource) -> Iterator[Problem]:
    """Refuse every other parameter."""
    for name in container.fields.nested("sysctls"):
        if name not in SAFE:
            expected = "must be a parameter that is safe to set in a container"
            fix = "remove it, or set it on the node for all"
            yield container.problem("sysctls", expected, repr(name), fix)


RULE = ResourceRule(
    id="CTR-013",
    name="safe-sysctls",
    description="Containers set only kernel parameters that are their own.",
    severity=Severity.MEDIUM,
    frameworks=("PSS sysctls",),
    remediation="Remove the parameter, or set it on the node.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_sysctls,)},
)
