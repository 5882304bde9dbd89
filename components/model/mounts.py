"""Folders that a container writes to, as values."""

from __future__ import annotations

from dataclasses import dataclass

GIVEN_OVER_MARK = ".aiswarm-given-over"
"""File in a volume that was given over. With it the volume is not empty, so Docker copies nothing into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVolume:
    """A named volume that outlives its container: protected and retained.

    Docker copies content and ownership from the image's path when it fills a new volume, so the path must
    exist there and belong to the service's user; where it does not, `given_over` mends it.
    """

    name: str
    path: str
    gib: int = 1
    """Disk space that it is expected to need."""

    given_over: bool = False
    """The image's path belongs to another user, mostly root: the new volume is given to the service's user on
    the node before first use, and then holds nothing of what lies there in the image, but one hidden file.
    Not for programs that want an empty folder, as PostgreSQL's `initdb` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A tmpfs folder, for programs that write below a read-only root."""

    path: str = "/tmp"  # noqa: S108 (in the container, where nobody else is)
    size_mib: int = 64
