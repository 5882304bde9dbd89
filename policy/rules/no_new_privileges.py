"""No program in a container can gain privileges, be it through setuid files or capabilities of files.

Docker's own default leaves that open, and of two options the later one holds. The value is read as Go reads a
truth value (moby, `parseSecurityOpt`).
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule
from .support.security_options import split_option

OPTION = "no-new-privileges"
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


def check_option(container: Resource) -> Iterator[Problem]:
    """Demand the option, and that nothing behind it takes it back."""
    given = [text for text in container.fields.texts("securityOpts") if split_option(text)[0] == OPTION]
    if not given:
        fix = f"add {OPTION}:true"
        yield container.problem("securityOpts", f"must hold {OPTION}", "no such option", fix)
    for option in given:
        if option != OPTION and split_option(option)[1] not in _TRUE:
            fix = f"write {OPTION}:true"
            yield container.problem("securityOpts", f"must not undo {OPTION}", repr(option), fix)


RULE = ResourceRule(
    id="CTR-005",
    name="no-new-privileges",
    description="No program in a container can gain privileges.",
    severity=Severity.HIGH,
    frameworks=(
        "CIS 5.26",
        "KICS 27fcc7d6",
        "KICS 610e266e",
        "PSS allowPrivilegeEscalation",
        "NSA 1.7",
        "OWASP 4",
    ),
    remediation="Add `no-new-privileges:true` to `securityOpts`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_option,)},
)
