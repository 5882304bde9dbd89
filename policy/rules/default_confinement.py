"""Containers keep the profiles that Docker confines them with: seccomp, AppArmor, SELinux, masked paths.

What is allowed is listed, not what is refused: a seccomp profile is given as its whole text, and one that
allows every call needs no `unconfined`; an option that a later Docker brings is refused until it is known
here. A bare `disable` switches SELinux off as well (moby, `parseSecurityOpt`). Absent is safe.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule
from .support.security_options import split_option

ALLOWED = frozenset(
    {
        ("apparmor", "docker-default"),
        ("label", "type:container_init_t"),
        ("label", "type:container_kvm_t"),
        ("label", "type:container_t"),
        ("seccomp", "builtin"),
    }
)
"""Docker's own profiles, and the SELinux types that the Pod Security Standards allow."""

_JUDGED_ELSEWHERE = "no-new-privileges"
_SHOWN = 40
"""Characters of an option that a message shows: a whole profile would drown it."""


def check_options(container: Resource) -> Iterator[Problem]:
    """Refuse every option that could loosen a profile."""
    for option in container.fields.texts("securityOpts"):
        found = split_option(option)
        level = found[0] == "label" and found[1].startswith("level:")
        if not level and found[0] != _JUDGED_ELSEWHERE and found not in ALLOWED:
            got = repr(option) if len(option) <= _SHOWN else f"{option[:_SHOWN]!r}…"
            fix = "remove it; Docker's own profile then holds"
            yield container.problem("securityOpts", "must leave Docker's own profiles in place", got, fix)


RULE = ResourceRule(
    id="CTR-006",
    name="default-confinement",
    description="Containers keep Docker's own seccomp, AppArmor and SELinux profiles and masked paths.",
    severity=Severity.CRITICAL,
    frameworks=(
        "CIS 5.2",
        "CIS 5.3",
        "CIS 5.22",
        "KICS 404fde2c",
        "PSS seccomp",
        "PSS appArmor",
        "PSS seLinux",
        "PSS procMount",
        "NSA 1.8",
        "NSA 1.9",
        "NSA 1.10",
        "OWASP 6",
    ),
    remediation="Remove the option from `securityOpts`.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={CONTAINER: (check_options,)},
)
