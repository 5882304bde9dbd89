"""A container image as a plain value: exact content, architectures and the user it is built to run as."""

from __future__ import annotations

import re
from dataclasses import dataclass

from components.model.problems import Problem, SpecError

_REFERENCE = re.compile(r"[a-z0-9.:/_-]+:[\w][\w.-]*(@sha256:[0-9a-f]{64})?")


def is_pinned(reference: str) -> bool:
    """Tell whether `reference` names a tag for people and a digest for machines."""
    return bool(_REFERENCE.fullmatch(reference)) and "@sha256:" in reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image, pinned to its index digest.

    The reference is written the same way wherever it goes: the docker provider compares the text of a
    container's image with the text it was created with, and a short form would replace the container.
    """

    name: str
    """Key in the catalogue of images, e.g. `postgres`."""

    reference: str
    """`repository:tag@sha256:digest`; without the digest while nobody has resolved the tag: enough for a
    preview, and refused by a real run."""

    platforms: tuple[str, ...]
    """Platforms that the index holds, e.g. `linux/arm64`."""

    user: str
    """Numeric `uid:gid` that the image is built to run as without capabilities."""

    stand_in: bool = False
    """True for an image that only answers in place of a program which cannot be had."""

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.reference):
            raise SpecError(
                Problem(
                    f"images.{self.name}.reference",
                    "must be repository:tag or repository:tag@sha256:<64 hex digits>",
                    repr(self.reference),
                )
            )

    @property
    def pinned(self) -> bool:
        """Whether the reference names exact content."""
        return is_pinned(self.reference)

    def runs_on(self, arch: str) -> bool:
        """Tell whether the index holds an image for `arch` (`amd64` or `arm64`)."""
        return f"linux/{arch}" in self.platforms
