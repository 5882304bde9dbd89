"""Every way in which a container reaches a path of its host, in one place so that no rule forgets one.

Besides the open ones there are disguises:
- the docker provider makes `volumeName` the source of a bind mount as it stands, so that an absolute path
  there mounts the host's folder (terraform-provider-docker, `volumeSetToDockerVolumes`);
- Docker's `local` driver hands the options of a volume to mount(2): with the flag `bind` the type is ignored
  and a relative device starts at the host's root; an overlay shows the folders named in its own options;
- drivers that are plugins know other names, mostly `mountpoint`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from .fields import Fields
from .resources import Resource

_OVERLAY_FOLDERS = frozenset({"lowerdir", "lowerdir+", "datadir+", "upperdir", "workdir"})
_WITHOUT_SOURCE_ON_HOST = frozenset({"tmpfs", "volume"})
_BINDING = frozenset({"bind", "rbind"})

KINDS = frozenset({None, "", "none", "overlay", "tmpfs"})
"""Types of file system whose options show what of the host they bring. Of others they do not: `proc`,
`devtmpfs` and `sysfs` are the host's own, whatever the device is called, and `nfs` is another machine's."""


@dataclass(frozen=True, slots=True)
class HostPath:
    """One path of the host that becomes visible in a container."""

    field: str
    path: str
    """As declared; compare `clean(path)`."""

    target: str | None = None
    """Where it is mounted in the container, where that is declared beside it."""

    read_only: bool = False
    """Whether the container can only read it. What a volume's options bring counts as writable."""


def in_volumes(container: Resource) -> Iterator[HostPath]:
    """Paths in the short form of a mount."""
    for volume in container.fields.objects("volumes"):
        path, name = volume.text("hostPath"), volume.text("volumeName")
        target, read_only = volume.text("containerPath"), volume.flag("readOnly") is True
        if path:
            yield HostPath(volume.path("hostPath"), path, target, read_only)
        if name and name.startswith("/"):
            yield HostPath(volume.path("volumeName"), name, target, read_only)


def in_mounts(container: Resource) -> Iterator[HostPath]:
    """Paths in the long form, and in the options of a volume that is made on the way."""
    for mount in container.fields.objects("mounts"):
        source = mount.text("source") or ""
        if source.startswith("/") or (source and mount.text("type") not in _WITHOUT_SOURCE_ON_HOST):
            yield HostPath(mount.path("source"), source, read_only=mount.flag("readOnly") is True)
        yield from _in_options(mount.nested("volumeOptions").nested("driverOptions"))


def in_driver_options(volume: Resource) -> Iterator[HostPath]:
    """Paths in the options of a volume."""
    yield from _in_options(volume.fields.nested("driverOpts"))


def is_in_memory(options: Fields) -> bool:
    """Whether a volume with these options is nothing but memory."""
    in_memory = options.text("type") == "tmpfs" and options.text("device") in {None, "", "tmpfs"}
    return in_memory and not is_bind(options) and not options.text("mountpoint")


def is_bind(options: Fields) -> bool:
    """Whether the options bind a folder, so that their type means nothing to mount(2)."""
    return not _BINDING.isdisjoint(mount_flags(options))


def mount_flags(options: Fields) -> tuple[str, ...]:
    """The flags that a volume's options hand to mount(2)."""
    return tuple((options.text("o") or "").split(","))


def clean(path: str) -> str:
    """The path without detours. normpath keeps two leading slashes; /var/run is a link to /run."""
    result = posixpath.normpath("/" + path.lstrip("/"))
    inside = result == "/var/run" or result.startswith("/var/run/")
    return result.removeprefix("/var") if inside else result


def _in_options(options: Fields) -> Iterator[HostPath]:
    device = options.text("device")
    # Without a bind, the device of an overlay is a mere word.
    named = options.text("type") == "overlay" and not is_bind(options)
    if device and not named and not is_in_memory(options):
        yield HostPath(options.path("device"), device)
    mountpoint = options.text("mountpoint")
    if mountpoint:
        yield HostPath(options.path("mountpoint"), mountpoint)
    for flag in mount_flags(options):
        name, _, folders = flag.partition("=")
        if name in _OVERLAY_FOLDERS:
            yield from (HostPath(options.path("o"), folder) for folder in folders.split(":") if folder)
