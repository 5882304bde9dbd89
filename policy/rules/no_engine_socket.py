"""No container reaches the container engine's socket, directly or through a folder that holds it.

Who may talk to the engine may start a privileged container. A folder that holds the socket may be mounted
where memory of the container's own lies over the socket's place, so that it is not there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.host_paths import HostPath, clean, in_driver_options, in_mounts, in_volumes
from .support.problems import Problem
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import ResourceRule

SOCKETS = ("/run/containerd/containerd.sock", "/run/docker.sock", "/run/podman/podman.sock")


def check_mounts(container: Resource) -> Iterator[Problem]:
    """Refuse mounts of the engine's socket."""
    for found in in_mounts(container):
        yield from _check(container, found)


def check_volumes(container: Resource) -> Iterator[Problem]:
    """Refuse the same in the short form of a mount, unless the socket is covered."""
    covers = tuple(container.fields.nested("tmpfs"))
    for found in in_volumes(container):
        covered = (
            bool(covers) and found.target is not None and covers_sockets(found.path, found.target, covers)
        )
        if not covered:
            yield from _check(container, found)


def check_driver_options(volume: Resource) -> Iterator[Problem]:
    """Refuse a volume that is a mount of the engine's socket."""
    for found in in_driver_options(volume):
        yield from _check(volume, found)


def covers_sockets(path: str, target: str, covers: Sequence[str]) -> bool:
    """Tell whether every place of a socket below the mounted folder has one of `covers` over it.

    Only a folder can be covered, and only by what is mounted inside of it: Docker mounts the shorter path
    first. The link /var/run leads to the container's own /run.
    """
    folder = clean(path)
    sockets = [socket for socket in SOCKETS if socket.startswith(folder.rstrip("/") + "/")]
    places = [posixpath.join(target, posixpath.relpath(socket, folder)) for socket in sockets]
    inside = [f"{cover.rstrip('/')}/" for cover in covers if cover.startswith(target.rstrip("/") + "/")]
    return bool(places) and all(place.startswith(tuple(inside)) for place in places)


def exposes_socket(path: str) -> bool:
    """Tell whether mounting a host path brings the engine's socket into the container."""
    found = clean(path)
    folder = found.rstrip("/") + "/"
    inside = any(socket == found or socket.startswith(folder) for socket in SOCKETS)
    name = posixpath.basename(found)
    return inside or found == "/var" or any(posixpath.basename(socket) == name for socket in SOCKETS)


def _check(resource: Resource, found: HostPath) -> Iterator[Problem]:
    if exposes_socket(found.path):
        expected = "must not reach the container engine's socket"
        fix = "who may talk to the engine owns the host; mount the one folder that is needed"
        yield resource.problem(found.field, expected, repr(found.path), fix)


RULE = ResourceRule(
    id="CTR-010",
    name="no-engine-socket",
    description="No container reaches the container engine's socket.",
    severity=Severity.CRITICAL,
    frameworks=("CIS 5.32", "KICS d6355c88", "OWASP 1"),
    remediation="Mount the one folder that is needed, or cover the socket's folder with a tmpfs.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={CONTAINER: (check_mounts, check_volumes), VOLUME: (check_driver_options,)},
)
