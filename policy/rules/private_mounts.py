"""Nothing that is mounted in a container becomes visible outside of it, nor the other way round.

With shared propagation a mount made inside appears on the host; with slave the host's later mounts appear
inside. Docker's own default is private, so absent is safe. The options of a volume go to mount(2) and know
the same words as flags.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.host_paths import mount_flags
from .support.problems import Problem
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import ResourceRule

PRIVATE = frozenset({None, "", "private", "rprivate"})
OPENING_FLAGS = frozenset({"rshared", "rslave", "shared", "slave"})
_FIX = "remove it; a container that must see later mounts of the host needs an exception"


def check_bind_options(container: Resource) -> Iterator[Problem]:
    """Refuse a propagation other than private."""
    for mount in container.fields.objects("mounts"):
        options = mount.nested("bindOptions")
        propagation = options.text("propagation")
        if propagation not in PRIVATE:
            path, expected = options.path("propagation"), "must be private or rprivate"
            yield container.problem(path, expected, repr(propagation), _FIX)


def check_mounted_volumes(container: Resource) -> Iterator[Problem]:
    """Refuse the same in a volume that is made on the way."""
    for mount in container.fields.objects("mounts"):
        yield from _check_flags(container, mount.nested("volumeOptions").nested("driverOptions"))


def check_volume(volume: Resource) -> Iterator[Problem]:
    """Refuse the same in a volume."""
    yield from _check_flags(volume, volume.fields.nested("driverOpts"))


def _check_flags(resource: Resource, options: Fields) -> Iterator[Problem]:
    for flag in mount_flags(options):
        if flag in OPENING_FLAGS:
            yield resource.problem(options.path("o"), "must not open the mount to others", repr(flag), _FIX)


RULE = ResourceRule(
    id="CTR-011",
    name="private-mounts",
    description="Mounts in a container are not propagated to the host or from it.",
    severity=Severity.HIGH,
    frameworks=("CIS 5.20", "KICS baa452f0"),
    remediation="Remove `bindOptions.propagation`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_bind_options, check_mounted_volumes), VOLUME: (check_volume,)},
)
