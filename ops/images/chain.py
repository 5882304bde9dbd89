"""Follow an image's documents from the digest of its index down to what it was built for; no network here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from components.model.problems import Problem
from ops.images.names import ImageError

PLATFORMS: Final = ("linux/amd64", "linux/arm64")
"""What nodes can be; an index may list many more."""

_ARM_VARIANTS: Final = (None, "v8")
"""Spellings of the same processors (containerd's platforms library)."""


class Kind(StrEnum):
    """Where a registry keeps a document."""

    MANIFEST = "manifests"
    BLOB = "blobs"


Fetch = Callable[[Kind, str], bytes]
"""Gets a document by its digest, from a registry or from the disk."""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class _Platform(BaseModel):
    os: str
    architecture: str
    variant: str | None = None


class _Descriptor(BaseModel):
    digest: Digest
    size: int
    platform: _Platform | None = None


class _Manifest(BaseModel):
    config: _Descriptor


class _Index(BaseModel):
    manifests: list[_Descriptor]


class _Settings(BaseModel):
    user: str | None = Field(default=None, alias="User")


class _Configuration(BaseModel):
    os: str
    architecture: str
    config: _Settings | None = None


class _Root(BaseModel):
    """Only an index has this; some registries leave out the media type."""

    manifests: list[object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The image for one platform."""

    digest: str
    """Of its manifest: what a node of that platform really runs."""

    config: str
    """Digest of its configuration."""

    user: str
    """Who it runs as if nobody says otherwise; empty is root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What an image is, with every document that proves it."""

    digest: str
    platforms: Mapping[str, Built]
    documents: Mapping[str, bytes]
    """By digest."""


def digest_of(content: bytes) -> str:
    """The name of a content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def follow(path: str, root: str, fetch: Fetch) -> Chain:
    """Follow the chain and check every link.

    Args:
        path: The image, for what is wrong with it.
        root: Digest of its index, or of its manifest where it has no index.

    Raises:
        ImageError: A document is missing, is not what its digest says, or is of another shape.
    """
    reader = _Reader(path, fetch)
    top = reader.manifest(root)
    if _read(path, _Root, top).manifests is None:
        platform, built = reader.built(root)
        return Chain(digest=root, platforms={platform: built}, documents=reader.documents)
    listed = _listed(_read(path, _Index, top))
    if not listed:
        raise ImageError(Problem(path, f"index must list one of {', '.join(PLATFORMS)}", "none of them"))
    platforms = {}
    for wanted, entry in listed.items():
        platform, built = reader.built(entry.digest, size=entry.size)
        if platform != wanted:
            expected = f"what the index lists as {wanted} must be built for it"
            raise ImageError(Problem(path, expected, platform))
        platforms[platform] = built
    return Chain(digest=root, platforms=platforms, documents=reader.documents)


def _listed(index: _Index) -> dict[str, _Descriptor]:
    """The first entry of each platform, as Docker takes it; attestations have the platform unknown."""
    found: dict[str, _Descriptor] = {}
    for entry in index.manifests:
        platform = entry.platform
        if platform is None or (platform.architecture == "arm64" and platform.variant not in _ARM_VARIANTS):
            continue
        if (name := f"{platform.os}/{platform.architecture}") in PLATFORMS:
            found.setdefault(name, entry)
    return found


class _Reader:
    """Fetches and keeps documents, none of which is looked at before its digest fits."""

    def __init__(self, path: str, fetch: Fetch) -> None:
        self._path = path
        self._fetch = fetch
        self.documents: dict[str, bytes] = {}

    def manifest(self, digest: str, *, size: int | None = None) -> bytes:
        return self._load(Kind.MANIFEST, digest, size)

    def built(self, digest: str, *, size: int | None = None) -> tuple[str, Built]:
        """The platform that a manifest's configuration names, and the image for it."""
        link = _read(self._path, _Manifest, self.manifest(digest, size=size)).config
        found = _read(self._path, _Configuration, self._load(Kind.BLOB, link.digest, link.size))
        user = found.config.user if found.config else None
        return f"{found.os}/{found.architecture}", Built(digest=digest, config=link.digest, user=user or "")

    def _load(self, kind: Kind, digest: str, size: int | None) -> bytes:
        content = self._fetch(kind, digest)
        if (got := digest_of(content)) != digest or size not in {None, len(content)}:
            fix = "do not use it: somebody has changed it on its way or where it is kept"
            expected = f"the document {digest} must be of that digest"
            raise ImageError(Problem(self._path, expected, f"{got}, {len(content)} bytes", fix))
        self.documents[digest] = content
        return content


_Model = TypeVar("_Model", bound=BaseModel)


def _read(path: str, model: type[_Model], content: bytes) -> _Model:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the document"
        raise ImageError(
            Problem(path, "documents must be those of an image", f"{where}: {first['msg']}")
        ) from error
