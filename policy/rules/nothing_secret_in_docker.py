"""Nothing that is secret stands in the definition of a container, image, network or volume.

Everything there can be read by whoever may ask the Docker engine (`docker inspect`), and much of it by every
program in the container. The one place of a container that is written and not kept in its definition is
`uploads`; SEC-003 judges those.

The rule reads the marks that the program set, not the values: see `support/wire.py` for how, and for what
it cannot see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME, Resource
from .support.rule import ResourceRule

_FIX = "hand the secret over as a file, and name the file"


def check_marks(resource: Resource) -> Iterator[Problem]:
    """Refuse secrets in every field but a container's uploads."""
    marked = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in resource.secrets}
    allowed = {"uploads"} if resource.type == CONTAINER else set()
    for field in sorted(marked - allowed):
        yield resource.problem(field, "must hold nothing secret", "a value that is marked as secret", _FIX)


RULE = ResourceRule(
    id="SEC-001",
    name="nothing-secret-in-docker",
    description="Nothing secret stands in the definition of a container, image, network or volume.",
    severity=Severity.CRITICAL,
    frameworks=("CIS 4.10", "OWASP 12"),
    remediation="Hand the secret over as a file, through the node's agent or `uploads`, and name the file.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks=dict.fromkeys((CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME), (check_marks,)),
)
