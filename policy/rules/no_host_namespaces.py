"""No container shares a namespace with its host, nor with another container.

In the host's process namespace a container sees and signals everything; in its network namespace it reaches
what listens on loopback, and every rule on ports is void; in its control group namespace it sees the host's
tree. Another container may be one that is not judged here and shares the host's itself. The hostname's
namespace cannot be chosen with the docker provider.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import Check, ResourceRule

NAMESPACES = ("cgroupnsMode", "ipcMode", "networkMode", "pidMode", "usernsMode")


def _check_on(field: str) -> Check:
    def check_namespace(container: Resource) -> Iterator[Problem]:
        mode = container.fields.text(field) or ""
        if mode == "host" or mode.startswith("container:"):
            expected = "must not be the namespace of the host or of another container"
            yield container.problem(field, expected, repr(mode), "remove it")

    return check_namespace


RULE = ResourceRule(
    id="CTR-007",
    name="no-host-namespaces",
    description="No container shares a namespace with its host or another container.",
    severity=Severity.CRITICAL,
    frameworks=(
        "CIS 5.10",
        "CIS 5.16",
        "CIS 5.17",
        "CIS 5.31",
        "KICS 071a71ff",
        "KICS baa3890f",
        "KICS 4f31dd9f",
        "KICS 8af7162d",
        "PSS hostNamespaces",
        "NSA 1.3",
        "NSA 1.4",
        "NSA 1.5",
    ),
    remediation="Remove the mode. More shared memory is `shmSize`, a reachable port is `ports`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: tuple(_check_on(field) for field in NAMESPACES)},
)
