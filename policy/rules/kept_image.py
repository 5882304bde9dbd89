"""Images stay on their node when their resource goes.

The provider would otherwise remove the image with the resource, although containers of others may use it, and
an operator who goes back to it would wait for a registry. Advisory.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import REMOTE_IMAGE, Resource
from .support.rule import ResourceRule


def check_kept(image: Resource) -> Iterator[Problem]:
    """Demand `keepLocally`."""
    kept = image.fields.flag("keepLocally")
    if not kept:
        got = "none" if kept is None else "false"
        yield image.problem("keepLocally", "must be true", got, "set keepLocally")


RULE = ResourceRule(
    id="IMG-006",
    name="kept-image",
    description="Images stay on their node when their resource goes.",
    severity=Severity.LOW,
    frameworks=(),
    remediation="Set `keepLocally` on the RemoteImage.",
    level=EnforcementLevel.ADVISORY,
    checks={REMOTE_IMAGE: (check_kept,)},
)
