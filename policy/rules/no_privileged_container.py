"""No container is privileged, nor has one of the settings that amount to it.

Equal to `privileged` is what hands over the host by itself, whatever else is hardened:
- a capability that reaches around the container: all of them, mounting and namespaces (SYS_ADMIN), kernel
  modules, raw memory and ports, other processes' memory, opening host files by handle (DAC_READ_SEARCH),
  kernel programs;
- the host's own process, memory, network or user namespace;
- the container engine's socket, directly or through a folder that holds it: who may talk to the engine may
  start a privileged container. A bind mount can also hide in the options of a volume. A folder that holds it
  may be mounted where memory of the container's own lies over the socket's place, so that it is not there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.problems import Problem
from .support.resources import CONTAINER, VOLUME, Resource
from .support.rule import Check, ResourceRule

CAPABILITIES = frozenset(
    {"ALL", "BPF", "DAC_READ_SEARCH", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO"}
)
HOST_NAMESPACES = ("ipcMode", "networkMode", "pidMode", "usernsMode")
SOCKETS = ("/run/containerd/containerd.sock", "/run/docker.sock", "/run/podman/podman.sock")


def check_privileged(container: Resource) -> Iterator[Problem]:
    """Refuse `privileged`."""
    if container.fields.flag("privileged"):
        fix = "remove it; what the program needs is a single capability or device"
        yield container.problem("privileged", "must be false", "true", fix)


def check_capabilities(container: Resource) -> Iterator[Problem]:
    """Refuse capabilities that reach around the container."""
    capabilities = container.fields.nested("capabilities")
    for name in capabilities.texts("adds"):
        if name.upper().removeprefix("CAP_") in CAPABILITIES:
            expected = "must add no capability that amounts to privileged"
            fix = f"none of {', '.join(sorted(CAPABILITIES))} may be added"
            yield container.problem(capabilities.path("adds"), expected, repr(name), fix)


def _namespace_check(field: str) -> Check:
    def check_namespace(container: Resource) -> Iterator[Problem]:
        if container.fields.text(field) == "host":
            yield container.problem(field, "must not be the host's namespace", "'host'", "remove it")

    return check_namespace


def check_mounts(container: Resource) -> Iterator[Problem]:
    """Refuse mounts of the engine's socket."""
    for mount in container.fields.objects("mounts"):
        options = mount.nested("volumeOptions").nested("driverOptions")
        yield from _check_path(container, mount, "source")
        yield from _check_path(container, options, "device")


def check_volumes(container: Resource) -> Iterator[Problem]:
    """Refuse the same in the short form of a mount, unless the socket is covered."""
    covers = tuple(container.fields.nested("tmpfs"))
    for volume in container.fields.objects("volumes"):
        target = volume.text("containerPath")
        if target is None or not covers or not covers_sockets(volume.text("hostPath"), target, covers):
            yield from _check_path(container, volume, "hostPath")


def check_driver_options(volume: Resource) -> Iterator[Problem]:
    """Refuse a volume that is a bind mount of the engine's socket."""
    yield from _check_path(volume, volume.fields.nested("driverOpts"), "device")


def covers_sockets(path: str | None, target: str, covers: Sequence[str]) -> bool:
    """Tell whether every place of a socket below the mounted folder has one of `covers` over it.

    Only a folder can be covered, and only by what is mounted inside of it: Docker mounts the shorter path
    first. The link /var/run leads to the container's own /run.
    """
    clean = _clean(path or "")
    sockets = [socket for socket in SOCKETS if socket.startswith(clean.rstrip("/") + "/")]
    places = [posixpath.join(target, posixpath.relpath(socket, clean)) for socket in sockets]
    inside = [f"{cover.rstrip('/')}/" for cover in covers if cover.startswith(target.rstrip("/") + "/")]
    return bool(places) and all(place.startswith(tuple(inside)) for place in places)


def _clean(path: str) -> str:
    """The path without detours. normpath keeps two leading slashes; /var/run is a link to /run."""
    clean = posixpath.normpath("/" + path.lstrip("/"))
    inside = clean == "/var/run" or clean.startswith("/var/run/")
    return clean.removeprefix("/var") if inside else clean


def exposes_socket(path: str) -> bool:
    """Tell whether mounting a host path brings the engine's socket into the container."""
    clean = _clean(path)
    folder = clean.rstrip("/") + "/"
    inside = any(socket == clean or socket.startswith(folder) for socket in SOCKETS)
    name = posixpath.basename(clean)
    return inside or clean == "/var" or any(posixpath.basename(socket) == name for socket in SOCKETS)


def _check_path(resource: Resource, fields: Fields, name: str) -> Iterator[Problem]:
    path = fields.text(name)
    if path is not None and path.startswith("/") and exposes_socket(path):
        expected = "must not reach the container engine's socket"
        fix = "who may talk to the engine owns the host; mount the one folder that is needed"
        yield resource.problem(fields.path(name), expected, repr(path), fix)


RULE = ResourceRule(
    id="CTR-001",
    name="no-privileged-container",
    description="No container is privileged or has a setting that amounts to it.",
    severity=Severity.CRITICAL,
    frameworks=("CIS 5.5", "KICS ae5b6871", "PSS privileged", "NSA 1.2", "OWASP 3"),
    remediation="Remove `privileged`. What the program needs is a single capability or a single device.",
    level=EnforcementLevel.MANDATORY,
    checks={
        CONTAINER: (
            check_privileged,
            check_capabilities,
            *(_namespace_check(field) for field in HOST_NAMESPACES),
            check_mounts,
            check_volumes,
        ),
        VOLUME: (check_driver_options,),
    },
)
