"""Every container has a health check that can fail.

One in the image does not count: Docker's answer for a container does not say where its check came from, and
the next image may have none.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
_ALWAYS_GOOD = r"(true|/bin/true|:|exit\s+0)"
_NO_CHECK = re.compile(rf"\s*(.*(\|\||;|&)\s*)?{_ALWAYS_GOOD}\s*;?\s*", re.DOTALL)
_FIX = "ask the service itself, e.g. its health address"


def check_healthcheck(container: Resource) -> Iterator[Problem]:
    """Demand a test that is there, and that does not always succeed."""
    healthcheck = container.fields.nested("healthcheck")
    got = _flaw(healthcheck.texts("tests"))
    if got:
        yield container.problem("healthcheck.tests", "must be able to fail", got, _FIX)


def _flaw(tests: Sequence[str]) -> str | None:
    if not tests or tests[0] == "NONE":
        return "none" if tests else "nothing"
    script = _script(tests)
    if script is None:
        return "a form that Docker does not know"
    if not script.strip() or _NO_CHECK.fullmatch(script):
        return "a test that always succeeds"
    return None


def _script(tests: Sequence[str]) -> str | None:
    """What the test runs, as a shell would be given it; None for no form of Docker's."""
    form, *words = tests
    if form == "CMD-SHELL" and len(words) == 1:
        return words[0]
    if form != "CMD":
        return None
    if len(words) > 2 and posixpath.basename(words[0]) in _SHELLS and words[1].endswith("c"):
        return words[2]
    # A program and its arguments: that "true" is among them means nothing.
    return words[0] if len(words) == 1 else f"program {len(words)}"


RULE = ResourceRule(
    id="OPS-001",
    name="real-healthcheck",
    description="Every container has a health check that can fail.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 4.6", "CIS 5.27", "KICS 698ed579", "Trivy DS-0026", "Checkov CKV_DOCKER_2"),
    remediation="Give the container a health check that asks the service itself.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_healthcheck,)},
)
