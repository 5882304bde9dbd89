"""Containers see of the host only the swarm's own folders.

A list of what is allowed, so that no folder of the system has to be thought of: /, /boot, /dev, /etc, /lib,
/proc, /root, /run, /sys, /usr, /var/lib/docker and all others are refused alike, read-only or not. The folder
itself is refused too, because it holds every service's files. Volumes of other drivers than `local` are
refused because nothing here shows what they mount, and so are types of file system that are not known to
show it; so is taking over the mounts of another container, which may be one that is not judged here.

A container's own mount may bring a volume in memory with it and no other: what is kept is declared as a
volume, where the rules on data see it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.host_paths import (
    KINDS,
    HostPath,
    clean,
    in_driver_options,
    in_mounts,
    in_volumes,
    is_bind,
    is_in_memory,
)
from .support.problems import Problem
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import ResourceRule

ROOT = "/opt/swarm"
"""Folder on every node below which the swarm, and nothing else, keeps its files."""


def check_volumes(container: Resource) -> Iterator[Problem]:
    """Judge the short form of a mount."""
    for found in in_volumes(container):
        yield from _check(container, found)


def check_mounts(container: Resource) -> Iterator[Problem]:
    """Judge the long form."""
    for found in in_mounts(container):
        yield from _check(container, found)


def check_taken_over(container: Resource) -> Iterator[Problem]:
    """Refuse mounts that are declared elsewhere."""
    for volume in container.fields.objects("volumes"):
        other = volume.text("fromContainer")
        if other:
            fix = "name each volume that is needed"
            yield container.problem(volume.path("fromContainer"), "must be absent", repr(other), fix)


def check_drivers(container: Resource) -> Iterator[Problem]:
    """Judge who makes the volumes that are made on the way."""
    for mount in container.fields.objects("mounts"):
        yield from _check_driver(container, mount.nested("volumeOptions"), "driverName")


def check_options(container: Resource) -> Iterator[Problem]:
    """Judge what the volumes are that are made on the way."""
    for mount in container.fields.objects("mounts"):
        options = mount.nested("volumeOptions").nested("driverOptions")
        if any(options) and not is_in_memory(options):
            path, expected = options.path(""), "must be absent, or those of a tmpfs"
            yield container.problem(
                path.rstrip("."), expected, "others", "declare a volume, and name it here"
            )


def check_driver_options(volume: Resource) -> Iterator[Problem]:
    """Judge the file system that a volume is, and what it mounts of the host."""
    options = volume.fields.nested("driverOpts")
    kind = options.text("type")
    if kind not in KINDS and not is_bind(options):
        fix = "what another brings of the host cannot be judged"
        yield volume.problem(options.path("type"), "must be none, overlay or tmpfs", repr(kind), fix)
    for found in in_driver_options(volume):
        yield from _check(volume, found)


def check_driver(volume: Resource) -> Iterator[Problem]:
    """Judge who makes a volume."""
    yield from _check_driver(volume, volume.fields, "driver")


def _check(resource: Resource, found: HostPath) -> Iterator[Problem]:
    if not clean(found.path).startswith(f"{ROOT}/"):
        fix = "deliver what the program needs there, or use a volume"
        # An exception names what it excuses in these words: to write is more than to read.
        got = f"{found.path!r}{', read-only' if found.read_only else ''}"
        yield resource.problem(found.field, f"must be a folder below {ROOT}", got, fix)


def _check_driver(resource: Resource, fields: Fields, name: str) -> Iterator[Problem]:
    driver = fields.text(name)
    if driver not in {None, "", "local"}:
        fix = "use the local driver; what another mounts cannot be judged"
        yield resource.problem(fields.path(name), "must be local", repr(driver), fix)


RULE = ResourceRule(
    id="CTR-009",
    name="own-host-folders",
    description="Containers see of the host only the swarm's own folders.",
    severity=Severity.HIGH,
    frameworks=("CIS 5.6", "KICS 1c1325ff", "PSS hostPathVolumes", "OWASP 8"),
    remediation="Deliver the files below `/opt/swarm/<service>`, or keep the data in a volume.",
    level=EnforcementLevel.MANDATORY,
    checks={
        CONTAINER: (check_volumes, check_taken_over, check_mounts, check_drivers, check_options),
        VOLUME: (check_driver, check_driver_options),
    },
)
