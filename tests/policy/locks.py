"""Image locks with what they need: documents of images that were never built, and what breaks them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from policy.rules.support.lock import Locks
from tests.unit.ops.fake_registry import FakeRegistry

DAY = date(2026, 11, 23)
STATEMENT = {
    "reason": "no registry was asked yet",
    "owner": "operator",
    "granted": "2026-11-01",
    "expires": "2026-12-31",
}
TAGGED = "docker.io/library/redis:8.2"
REGISTRY = FakeRegistry()
DIGEST = REGISTRY.index(TAGGED)
"""An index of both platforms, whose image runs as 999:999."""

FILE = "Pulumi.prod.images.lock.json"
PROVEN = {TAGGED: {"digest": DIGEST, "resolved": True, "asked": "2026-11-20"}}


def write(folder: Path, entries: Mapping[str, object] = PROVEN, documents: FakeRegistry = REGISTRY) -> Path:
    """Write a lock and the documents of a registry."""
    file = folder / FILE
    file.write_text(json.dumps(entries))
    kept = file.with_suffix(".d")
    kept.mkdir(exist_ok=True)
    for digest, content in documents.documents.items():
        document(file, digest).write_bytes(content)
    return file


def document(file: Path, digest: str) -> Path:
    """Where a lock keeps a document."""
    return file.with_suffix(".d") / f"{digest.removeprefix('sha256:')}.json"


def proven(folder: Path, tagged: str, digest: str, documents: FakeRegistry) -> Locks:
    """A lock of one image with all documents of a registry."""
    return Locks(write(folder, {tagged: {"digest": digest, "resolved": True}}, documents))


def claimed(folder: Path, *platforms: str, **statement: object) -> Locks:
    """A lock of one image that nobody has proven."""
    entry = {
        "digest": DIGEST,
        "platforms": list(platforms),
        "resolved": False,
        "unproven": STATEMENT | statement,
    }
    return Locks(write(folder, {TAGGED: entry}))
