"""Every named volume that a container mounts is a volume of the same stack, on the same host.

Docker makes whatever name it does not know, with options that nobody declared, and takes whatever it does
know: what a volume is made of, whose it is and whether it is kept then shows in no resource, and the rules on
volumes judge nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support.host_paths import is_in_memory
from .support.problems import Problem, UnreadableError
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import Placed, StackRule, guarded

Declared = frozenset[tuple[str | None, str]]
"""Host and name of each volume of the stack."""

_FIX = "declare it as a Volume of the stack with the same docker provider"


def check_volumes(container: Resource, declared: Declared) -> Iterator[Problem]:
    """Judge the short form of a mount."""
    for volume in container.fields.objects("volumes"):
        name = volume.text("volumeName")
        # A name that is a path is a folder of the host (rule `own-host-folders`).
        if name and not name.startswith("/"):
            yield from _check(container, volume.path("volumeName"), name, declared)
        elif not name and not volume.text("hostPath") and not volume.text("fromContainer"):
            yield container.problem(volume.path("volumeName"), "must be given", "none", _FIX)


def check_mounts(container: Resource, declared: Declared) -> Iterator[Problem]:
    """Judge the long form; what is made on the way may be nothing but memory."""
    for mount in container.fields.objects("mounts"):
        if mount.text("type") != "volume":
            continue
        name = mount.text("source")
        if name and not name.startswith("/"):
            yield from _check(container, mount.path("source"), name, declared)
        elif not name and not is_in_memory(mount.nested("volumeOptions").nested("driverOptions")):
            yield container.problem(mount.path("source"), "must be given", "none", _FIX)


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every mount of a volume that the stack does not have there."""
    declared = frozenset(_declared(resources))
    checks = (partial(check_volumes, declared=declared), partial(check_mounts, declared=declared))
    for container in resources:
        if container.type == CONTAINER:
            for check in checks:
                yield from ((container.urn, problem) for problem in guarded(check, container))


def _check(container: Resource, path: str, name: str, declared: Declared) -> Iterator[Problem]:
    if (container.host(), name) not in declared:
        yield container.problem(path, "must be a volume of the stack on the same host", repr(name), _FIX)


def _declared(resources: Sequence[Resource]) -> Iterator[tuple[str | None, str]]:
    """Those that can be read: one that cannot declares nothing."""
    for volume in resources:
        if volume.type == VOLUME:
            try:
                name, host = volume.fields.text("name"), volume.host()
            except UnreadableError:
                continue
            if name:
                yield host, name


RULE = StackRule(
    id="DAT-007",
    name="declared-volumes",
    description="Every named volume that a container mounts is declared in the stack, on the same host.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Declare the volume as a resource of the stack, made with the container's docker provider.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
