"""Folders that a container writes to, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DataVolume:
    """A named volume that outlives its container: protected and retained.

    The path must exist in the image and belong to the image's user: Docker copies the ownership from there
    when it fills a new volume, and nothing else could set it without root.
    """

    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A tmpfs folder, for programs that write below a read-only root."""

    path: str = "/tmp"  # noqa: S108 (in the container, where nobody else is)
    size_mib: int = 64
