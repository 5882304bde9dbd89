"""Databases, the proxy and the engines say how many files they may open.

Each connection is an open file, and what Docker leaves them depends on the version of Docker and of systemd
on the host. Advisory. Which services these are follows from their label.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, SERVICE_LABEL, Resource
from .support.rule import ResourceRule

_SERVICES = re.compile(r"postgres|redis|haproxy|vllm(-.+)?")


def check_limit(container: Resource) -> Iterator[Problem]:
    """Demand `nofile` among the limits."""
    if not _SERVICES.fullmatch(container.label(SERVICE_LABEL) or ""):
        return
    names = {limit.text("name") for limit in container.fields.objects("ulimits")}
    if "nofile" not in names:
        fix = "set it from the connections that the service must hold"
        yield container.problem("ulimits", "must hold nofile", "no such limit", fix)


RULE = ResourceRule(
    id="CTR-014",
    name="open-files-limit",
    description="Databases, the proxy and the engines limit their open files themselves.",
    severity=Severity.LOW,
    frameworks=("CIS 5.19", "OWASP 7"),
    remediation="Add `nofile` to `ulimits`.",
    level=EnforcementLevel.ADVISORY,
    checks={CONTAINER: (check_limit,)},
)
