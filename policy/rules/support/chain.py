"""What an image is built for, proven by its documents alone: each names the next by its digest.

The index names each platform's manifest, the manifest its configuration, and that says for which processors
and which user the image was built (OCI image specification). So a pinned digest and the kept documents prove
the rest, whatever anybody claims beside them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLATFORMS = ("linux/amd64", "linux/arm64")
"""What nodes can be; an index may list many more."""

Read = Callable[[str], bytes]
"""Gets a kept document by its digest; an OSError says that there is none."""

_ARM_VARIANTS = frozenset({None, "", "v8"})
_ATTESTATION = "unknown/unknown"
"""Platform of the entries that say how an image was built (BuildKit, `docs/attestations`)."""

_DAMAGED = "do not use it: it was changed after a registry sent it; `git checkout` the lock and its folder"


class ChainError(Exception):
    """A link is broken. Whoever knows the image makes a problem of it."""

    def __init__(self, expected: str, got: str, fix: str = "./swarm images lock") -> None:
        super().__init__(f"{expected}, got {got}")
        self.expected = expected
        self.got = got
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The image for one platform, as its own configuration says."""

    platform: str
    user: str
    """Who it runs as if nobody says otherwise; empty is root."""

    volumes: tuple[str, ...]
    ports: tuple[str, ...]
    """As in `6379/tcp`."""

    healthcheck: tuple[str, ...]
    """Its own check; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """An image whose every link holds."""

    is_index: bool
    """False where the pinned digest is the manifest of a single platform."""

    built: Mapping[str, Built]
    """By platform; only those that nodes can be."""


def follow(root: str, read: Read) -> Chain:
    """Follow the chain from the digest that is pinned.

    Raises:
        ChainError: A document is missing, is not what its digest says, or is of another form.
    """
    top = _document(root, read)
    if _get(top, "manifests") is None:
        built = _built(top, read)
        return Chain(is_index=False, built={built.platform: built})
    if _get(top, "config") is not None or _get(top, "layers") is not None:
        # An engine may take it for the other one (CVE-2021-41190).
        raise ChainError("documents must be an index or a manifest", "one that is both")
    found: dict[str, Built] = {}
    for platform, digest in _listed(top).items():
        built = _built(_document(digest, read), read)
        if built.platform != platform:
            raise ChainError(f"what the index lists as {platform} must be built for it", built.platform)
        found[platform] = built
    return Chain(is_index=True, built=found)


def _listed(index: Mapping[str, object]) -> dict[str, str]:
    """The digest of the first entry for each platform, as Docker takes it."""
    found: dict[str, str] = {}
    others: set[str] = set()
    for entry in _list(index, "manifests"):
        where = _object(entry, "platform")
        platform = f"{_get(where, 'os') or 'unknown'}/{_get(where, 'architecture') or 'unknown'}"
        is_arm = platform == "linux/arm64"
        if platform not in PLATFORMS or (is_arm and _get(where, "variant") not in _ARM_VARIANTS):
            others.add(platform)
        else:
            found.setdefault(platform, _text(entry, "digest"))
    if not found:
        got = "attestations only" if others == {_ATTESTATION} else ", ".join(sorted(others)) or "nothing"
        raise ChainError(f"index must list {' or '.join(PLATFORMS)}", got, "pin the digest of an image")
    return found


def _built(manifest: Mapping[str, object], read: Read) -> Built:
    document = _document(_text(_object(manifest, "config"), "digest"), read)
    settings = _object(document, "config")
    check = _get(_object(settings, "Healthcheck"), "Test")
    return Built(
        platform=f"{_text(document, 'os')}/{_text(document, 'architecture')}",
        user=_text(settings, "User") if _get(settings, "User") else "",
        volumes=tuple(_object(settings, "Volumes")),
        ports=tuple(_object(settings, "ExposedPorts")),
        healthcheck=tuple(map(str, check)) if isinstance(check, list) else (),
    )


def _document(digest: str, read: Read) -> Mapping[str, object]:
    """A document, none of which is looked at before its digest fits."""
    try:
        content = read(digest)
    except OSError as error:
        raise ChainError(f"document {digest} must be kept with the lock", type(error).__name__) from error
    got = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if got != digest:
        raise ChainError(f"document must have the digest {digest}", got, _DAMAGED)
    try:
        parsed = json.loads(content, object_pairs_hook=_once)
    except ValueError as error:
        raise ChainError("documents must be those of an image", "no JSON") from error
    if not isinstance(parsed, dict):
        raise ChainError("documents must be those of an image", f"a {type(parsed).__name__}")
    return parsed


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object that has each field once; of two, one reader takes the last and another merges them."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ChainError("documents must have each field once", "one twice")
    return found


def _get(values: Mapping[str, object], key: str) -> object:
    """A field by its exact name; Docker would read `Manifests` as `manifests`, too (Go, encoding/json)."""
    if any(name != key and name.lower() == key.lower() for name in values):
        raise ChainError(f"documents must spell {key} like this", "another spelling")
    return values.get(key)


def _object(values: Mapping[str, object], key: str) -> Mapping[str, object]:
    """A nested object; empty where there is none, which images write as null, too."""
    found = _get(values, key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ChainError("documents must be those of an image", f"{key} as a {type(found).__name__}")
    return found


def _list(values: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = _get(values, key)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ChainError("documents must be those of an image", f"{key} in another form")
    return found


def _text(values: Mapping[str, object], key: str) -> str:
    found = _get(values, key)
    if not isinstance(found, str) or not found:
        raise ChainError("documents must be those of an image", f"{key} missing or in another form")
    return found
