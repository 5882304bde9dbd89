"""No two containers write to the same volume or folder of a host.

Who reads may be many. Advisory: two programs can be made to share, but mostly one corrupts what the other
keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.host_paths import clean
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import Check, Placed, StackRule, guarded

Shared = tuple[str | None, str]
"""Host, and the volume's name or the folder's path."""

_FIX = "mount it read-only in all but one"


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every volume with a second writer, shown at that writer."""
    writers: dict[Shared, Resource] = {}
    # The engine's order is that of the run; by name, the same container is shown every time.
    for container in sorted(resources, key=attrgetter("name")):
        if container.type == CONTAINER:
            check = _check_against(writers)
            yield from ((container.urn, problem) for problem in guarded(check, container))


def _check_against(writers: dict[Shared, Resource]) -> Check:
    def check_writer(container: Resource) -> Iterator[Problem]:
        for path, name in _written(container):
            first = writers.setdefault((container.host(), name), container)
            if first is not container:
                got = f"{name!r}, written by {first.name} too"
                yield container.problem(path, "must have one writer", got, _FIX)

    return check_writer


def _written(container: Resource) -> Iterator[tuple[str, str]]:
    for volume in container.fields.objects("volumes"):
        yield from _writable(volume, ("volumeName", "hostPath"))
    for mount in container.fields.objects("mounts"):
        if mount.text("type") != "tmpfs":
            yield from _writable(mount, ("source",))


def _writable(mount: Fields, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    if mount.flag("readOnly"):
        return
    for name in names:
        source = mount.text(name)
        if source:
            yield mount.path(name), clean(source) if source.startswith("/") else source


RULE = StackRule(
    id="CTR-020",
    name="one-writer-per-volume",
    description="No two containers write to the same volume.",
    severity=Severity.LOW,
    frameworks=("KICS 8c978947",),
    remediation="Mount the volume read-only in all containers but one.",
    level=EnforcementLevel.ADVISORY,
    check=judge,
)
