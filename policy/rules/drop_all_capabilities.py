"""Every container drops all capabilities and adds back at most binding low ports.

Docker leaves fourteen capabilities to a container that says nothing. It takes `ALL` in any case but, unlike
other names, not as CAP_ALL (moby, `NormalizeLegacyCapabilities`).
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

ALLOWED = frozenset({"NET_BIND_SERVICE"})
"""What the Pod Security Standards' profile "restricted" allows. Any other needs an exception."""


def check_drops(container: Resource) -> Iterator[Problem]:
    """Demand that all are dropped."""
    capabilities = container.fields.nested("capabilities")
    drops = capabilities.texts("drops")
    if "ALL" not in {name.upper() for name in drops}:
        got = ", ".join(drops) or "none"
        fix = "drop ALL, then add the single ones that the program needs"
        yield container.problem(capabilities.path("drops"), "must hold ALL", got, fix)


def check_adds(container: Resource) -> Iterator[Problem]:
    """Refuse to add any but the allowed."""
    capabilities = container.fields.nested("capabilities")
    for name in capabilities.texts("adds"):
        if name.upper().removeprefix("CAP_") not in ALLOWED:
            expected = f"must add nothing but {', '.join(sorted(ALLOWED))}"
            fix = "remove it; a program that cannot do without needs an exception"
            yield container.problem(capabilities.path("adds"), expected, repr(name), fix)


RULE = ResourceRule(
    id="CTR-004",
    name="drop-all-capabilities",
    description="Containers drop all capabilities and add back none but NET_BIND_SERVICE.",
    severity=Severity.HIGH,
    frameworks=(
        "CIS 5.4",
        "CIS C.5.3.1",
        "CIS C.5.3.2",
        "CIS C.5.3.3",
        "CIS C.5.3.4",
        "KICS ce76b7d0",
        "PSS capabilities",
        "OWASP 3",
    ),
    remediation="Set `capabilities.drops` to ALL and add back at most NET_BIND_SERVICE.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_drops, check_adds)},
)
