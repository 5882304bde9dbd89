"""Containers run in no group that means something on the host.

Advisory: images that are built for arbitrary users keep their files in group 0, and without root it grants
nothing on the host by itself. It does on a mounted folder, where files of root's group are readable. A
container that names no group gets the one of its image's passwd file, and group 0 where that has none. The
number of the host's group `docker` cannot be seen here; a name is looked up in the image, so only numbers
count.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

_EXPECTED = "must be a numeric group other than 0"


def check_group(container: Resource) -> Iterator[Problem]:
    """Demand a group of its own."""
    _, _, group = (container.fields.text("user") or "").partition(":")
    if not _is_ordinary(group):
        fix = "name it behind the user, e.g. 1000:1000"
        yield container.problem("user", _EXPECTED, _shown(group) if group else "no group", fix)


def check_further_groups(container: Resource) -> Iterator[Problem]:
    """Refuse further groups that are root's or may be."""
    for group in container.fields.texts("groupAdds"):
        if not _is_ordinary(group):
            yield container.problem("groupAdds", _EXPECTED, repr(group), "remove it, or give its number")


def _shown(group: str) -> str:
    """Root's group as given. Another text is no number, and may be a secret by mistake."""
    return repr(group) if set(group) == {"0"} else "no number"


def _is_ordinary(group: str) -> bool:
    return group.isascii() and group.isdigit() and int(group) != 0


RULE = ResourceRule(
    id="CTR-003",
    name="no-root-group",
    description="Containers run in a numeric group other than 0.",
    severity=Severity.LOW,
    frameworks=("NSA 1.6",),
    remediation="Name a group behind the user, e.g. `1000:1000`, where the image's files allow it.",
    level=EnforcementLevel.ADVISORY,
    checks={CONTAINER: (check_group, check_further_groups)},
)
