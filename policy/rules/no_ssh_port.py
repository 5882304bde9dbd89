"""No container shows port 22, neither its own nor the host's.

Nobody logs in to a container over SSH; port 22 of the host belongs to the host. A port that only the image
exposes is published by `publishAllPorts` alone, which unattended-containers refuses.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

SSH = 22


def check_ports(container: Resource) -> Iterator[Problem]:
    """Refuse port 22 on either side."""
    for port in container.fields.objects("ports"):
        for name in ("internal", "external"):
            if port.number(name) == SSH:
                fix = "use `docker exec` on the node"
                yield container.problem(port.path(name), "must not be SSH's port", str(SSH), fix)


RULE = ResourceRule(
    id="CTR-017",
    name="no-ssh-port",
    description="No container shows SSH's port.",
    severity=Severity.HIGH,
    frameworks=("CIS 5.7", "Trivy DS-0004", "Checkov CKV_DOCKER_1"),
    remediation="Remove the port; who must look inside uses `docker exec` on the node.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={CONTAINER: (check_ports,)},
)
