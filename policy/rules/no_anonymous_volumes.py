"""Where an image declares a volume, the container mounts something by name.

Otherwise Docker makes a volume without a name for every new container: what the program keeps there is lost
with its container, or stays behind on the disk and belongs to nobody. Only a mount at exactly that path
counts, and a tmpfs does, too: that says openly that nothing is kept (moby, `HasMountFor`).

What an image declares is known from the documents of the image lock. Of one whose documents nobody has yet,
nothing is known, and `locked-image` sees to it that this ends.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from datetime import date

from pulumi_policy import EnforcementLevel, Severity

from .support import lock
from .support.chain import ChainError
from .support.lock import Locks, Proven
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

_FIX = "mount a data volume there, or a tmpfs for what need not be kept"


def check_container(container: Resource) -> Iterator[Problem]:
    """Judge by the locks of the container's stack, today."""
    try:
        yield from check_against(container, lock.of_stack(lock.stack_of(container.urn)), lock.today())
    except ChainError:
        return  # a lock that cannot be read is refused by `locked-image`


def check_against(container: Resource, locks: Locks, day: date) -> Iterator[Problem]:
    """Demand a mount for each path that the image declares, on whatever platform."""
    reference = container.fields.text("image") or ""
    if lock.pinned(reference) is None:
        return
    known = locks.find(reference, day)
    if not isinstance(known, Proven):
        return
    declared = {posixpath.normpath(path) for each in known.chain.built.values() for path in each.volumes}
    for path in sorted(declared - set(_targets(container))):
        yield container.problem("volumes", f"must mount {path}, a volume of the image", "nothing there", _FIX)


def _targets(container: Resource) -> Iterator[str]:
    fields = container.fields
    named = [volume.text("containerPath") for volume in fields.objects("volumes")]
    named += [mount.text("target") for mount in fields.objects("mounts")]
    yield from (posixpath.normpath(path) for path in (*named, *fields.nested("tmpfs")) if path)


RULE = ResourceRule(
    id="DAT-005",
    name="no-anonymous-volumes",
    description="Every volume that an image declares is mounted by name.",
    severity=Severity.MEDIUM,
    frameworks=(),
    remediation="Mount a data volume at the path, or a tmpfs for what need not be kept.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_container,)},
)
