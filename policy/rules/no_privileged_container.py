"""No container is privileged, nor has a capability that amounts to it.

Equal to `privileged` are the capabilities that hand over the host by themselves, whatever else is hardened:
all of them, mounting and namespaces (SYS_ADMIN), kernel modules, raw memory and ports, other processes'
memory, opening host files by handle (DAC_READ_SEARCH), kernel programs. drop-all-capabilities refuses them
too, but an exception can be made there; here none is.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

CAPABILITIES = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)


def check_privileged(container: Resource) -> Iterator[Problem]:
    """Refuse `privileged`."""
    if container.fields.flag("privileged"):
        fix = "remove it; what the program needs is a single capability or device"
        yield container.problem("privileged", "must be false", "true", fix)


def check_capabilities(container: Resource) -> Iterator[Problem]:
    """Refuse capabilities that reach around the container."""
    capabilities = container.fields.nested("capabilities")
    for name in capabilities.texts("adds"):
        if name.upper().removeprefix("CAP_") in CAPABILITIES:
            expected = "must add no capability that amounts to privileged"
            fix = f"none of {', '.join(sorted(CAPABILITIES))} may be added"
            yield container.problem(capabilities.path("adds"), expected, repr(name), fix)


RULE = ResourceRule(
    id="CTR-001",
    name="no-privileged-container",
    description="No container is privileged or has a capability that amounts to it.",
    severity=Severity.CRITICAL,
    frameworks=("CIS 5.5", "KICS ae5b6871", "PSS privileged", "NSA 1.2", "OWASP 3"),
    remediation="Remove `privileged`. What the program needs is a single capability or a single device.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={CONTAINER: (check_privileged, check_capabilities)},
)
