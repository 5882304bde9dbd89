"""What is known of the existing Qdrant at one moment, and what two moments tell together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict

from components.model.endpoints import QDRANT_NODE
from components.model.problems import Problem

SUBJECT: Final = f"{QDRANT_NODE}.qdrant"
START: Final = f"on {QDRANT_NODE}, `docker start` it or ask its owner"
STOP: Final = f"stop here; on {QDRANT_NODE}, `docker events --since 1h` tells who did it; then ask its owner"
RESTORE: Final = "stop here and tell its owner, who has the snapshots"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mount(_Value):
    """A folder of the container that is not its own."""

    source: str
    """Name of a volume, or a path of the host."""

    target: str
    writable: bool

    def __str__(self) -> str:
        """As `docker run` takes it."""
        return f"{self.source}:{self.target}:{'rw' if self.writable else 'ro'}"


class Container(_Value):
    """A container that may be Qdrant."""

    id: str
    name: str
    image: str
    running: bool
    started_at: str
    """By the node's clock, as Docker writes it."""

    mounts: tuple[Mount, ...]
    """In one order: Docker's own may be another one each time."""


class Fingerprint(_Value):
    """One moment."""

    containers: tuple[Container, ...]
    """All that may be Qdrant, by name."""

    collections: Mapping[str, int]
    """Number of points of each collection that is not ours."""


def absences(found: Fingerprint) -> list[Problem]:
    """Why this cannot be what an update starts from."""
    if not found.containers:
        expected = "must be there before the swarm is"
        return [Problem(SUBJECT, expected, "no container with its name, image or ports", START)]
    return [
        Problem(f"{QDRANT_NODE}.{each.name}", "must run", "a stopped container", START)
        for each in found.containers
        if not each.running
    ]


def changes(before: Fingerprint, after: Fingerprint) -> list[Problem]:
    """What an update has done to it. More points, and new collections, are its owner's business."""
    names = sorted({each.name for each in (*before.containers, *after.containers)})
    pairs = ((name, _named(before, name), _named(after, name)) for name in names)
    found = [problem for name, one, other in pairs for problem in _container(name, one, other)]
    if any(each.running for each in after.containers):
        found += _collections(before.collections, after.collections)
    return found


def _named(found: Fingerprint, name: str) -> Container | None:
    return next((each for each in found.containers if each.name == name), None)


def _container(name: str, before: Container | None, after: Container | None) -> Iterator[Problem]:
    path = f"{QDRANT_NODE}.{name}"
    if before is None:
        yield Problem(path, "must not be there after an update", "a new container", STOP)
    elif after is None:
        yield Problem(path, "must be there after an update", "no such container", RESTORE)
    elif before.id != after.id:
        yield Problem(path, f"must be container {before.id[:12]}", f"another, {after.id[:12]}", RESTORE)
    else:
        yield from _state(path, before, after)


def _state(path: str, before: Container, after: Container) -> Iterator[Problem]:
    if not after.running:
        yield Problem(path, "must run", "a stopped container", START)
    if before.started_at != after.started_at:
        yield Problem(
            path, f"must have run since {before.started_at}", f"a start at {after.started_at}", STOP
        )
    if before.mounts != after.mounts:
        yield Problem(path, f"must mount {_list(before.mounts)}", _list(after.mounts), RESTORE)


def _collections(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[Problem]:
    for name, points in sorted(before.items()):
        path = f"{SUBJECT}.collections.{name}"
        if name not in after:
            yield Problem(path, "must be there after an update", "no such collection", RESTORE)
        elif after[name] < points:
            yield Problem(path, f"must have at least {points} points", str(after[name]), RESTORE)


def _list(mounts: Iterable[Mount]) -> str:
    return ", ".join(map(str, mounts)) or "nothing"
