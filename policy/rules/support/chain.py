"""What an image is built for, proven by its documents alone: each names the next by its digest.

The index names each platform's manifest, the manifest its configuration, and that says for which processors
and which user the image was built (OCI image specification). So a pinned digest and the kept documents prove
the rest, whatever anybody claims beside them.

Docker must read the same in them. It takes `Manifests` for `manifests` and lets a later key change an earlier
one (Go, `encoding/json`), and takes a document that is index and manifest at once for whichever the registry
calls it (CVE-2021-41190). So such documents are refused.
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of document."""

    name: str
    types: frozenset[str]
    others: tuple[str, ...]
    """Keys that documents of the other kind have."""


_INDEX = _Kind(
    "index",
    frozenset(
        {
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
        }
    ),
    ("config", "layers"),
)
_MANIFEST = _Kind(
    "manifest",
    frozenset(
        {
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json",
        }
    ),
    ("manifests",),
)


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
    if _value(top, "manifests") is None:
        built = _built(top, read)
        return Chain(is_index=False, built={built.platform: built})
    found: dict[str, Built] = {}
    for platform, digest in _listed(top).items():
        built = _built(_document(digest, read), read)
        if built.platform != platform:
            raise ChainError(f"what the index lists as {platform} must be built for it", built.platform)
        found[platform] = built
    return Chain(is_index=True, built=found)


def _expect(document: Mapping[str, object], kind: _Kind) -> None:
    """Demand a document of one kind, which a type of its own may say, and none of another."""
    named = _value(document, "mediaType")
    if named is not None and named not in kind.types:
        raise ChainError(f"{kind.name} must have the media type of one", "another type")
    if any(_value(document, key) is not None for key in kind.others):
        raise ChainError(f"{kind.name} must be nothing else", f"one with {' or '.join(kind.others)}, too")


def _listed(index: Mapping[str, object]) -> dict[str, str]:
    """The digest of the first entry for each platform, as Docker takes it."""
    _expect(index, _INDEX)
    found: dict[str, str] = {}
    others: set[str] = set()
    for entry in _list(index, "manifests"):
        where = _object(entry, "platform")
        platform = f"{_value(where, 'os') or 'unknown'}/{_value(where, 'architecture') or 'unknown'}"
        is_arm = platform == "linux/arm64"
        if platform not in PLATFORMS or (is_arm and _value(where, "variant") not in _ARM_VARIANTS):
            others.add(platform)
        else:
            found.setdefault(platform, _text(entry, "digest"))
    if not found:
        got = "attestations only" if others == {_ATTESTATION} else ", ".join(sorted(others)) or "nothing"
        raise ChainError(f"index must list {' or '.join(PLATFORMS)}", got, "pin the digest of an image")
    return found


def _built(manifest: Mapping[str, object], read: Read) -> Built:
    _expect(manifest, _MANIFEST)
    document = _document(_text(_object(manifest, "config"), "digest"), read)
    settings = _object(document, "config")
    check = _value(_object(settings, "Healthcheck"), "Test")
    return Built(
        platform=f"{_text(document, 'os')}/{_text(document, 'architecture')}",
        user=_text(settings, "User") if _value(settings, "User") else "",
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
    """An object of a document, in which no key comes twice."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ChainError("documents must have each key once", "one twice")
    return dict(pairs)


def _value(values: Mapping[str, object], key: str) -> object:
    """What stands at a key; refused where another one is the same but for upper and lower case."""
    if variant := next((name for name in values if name != key and name.casefold() == key.casefold()), None):
        raise ChainError(f"documents must write the key {key!r} so", ascii(variant))
    return values.get(key)


def _object(values: Mapping[str, object], key: str) -> Mapping[str, object]:
    """A nested object; empty where there is none, which images write as null, too."""
    found = _value(values, key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ChainError("documents must be those of an image", f"{key} as a {type(found).__name__}")
    return found


def _list(values: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
    found = _value(values, key)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise ChainError("documents must be those of an image", f"{key} in another form")
    return found


def _text(values: Mapping[str, object], key: str) -> str:
    found = _value(values, key)
    if not isinstance(found, str) or not found:
        raise ChainError("documents must be those of an image", f"{key} missing or in another form")
    return found
