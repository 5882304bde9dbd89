"""Prove the lock from the kept documents alone: no registry is asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from components.model.problems import Problem
from ops.images.lockfile import LockFile
from ops.images.names import ImageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the lock stands; images by `repository:tag`."""

    proven: tuple[str, ...]
    claimed: tuple[str, ...]
    """Digests of public pins, for which no registry was asked yet: nothing proves them."""

    unknown: tuple[str, ...]
    """No digest is known."""

    problems: tuple[Problem, ...]


def verify(lock: LockFile, catalogue: Collection[str]) -> Verdict:
    """Follow every chain, and compare the lock with the tags of the catalogue."""
    entries = lock.entries()
    problems = [*_strays(lock, catalogue)]
    proven, claimed, unknown = [], [], []
    for tagged in (each for each in catalogue if each in entries):
        entry = entries[tagged]
        if entry is None:
            unknown.append(tagged)
        elif not entry["resolved"]:
            claimed.append(tagged)
        else:
            try:
                lock.check(tagged, entry)
                proven.append(tagged)
            except ImageError as error:
                problems.append(error.problem)
    return Verdict(
        proven=tuple(proven),
        claimed=tuple(claimed),
        unknown=tuple(unknown),
        problems=tuple(sorted(problems)),
    )


def _strays(lock: LockFile, catalogue: Collection[str]) -> list[Problem]:
    """What one of the two has and the other has not, and documents without an entry."""
    entries = lock.entries()
    name = lock.path.name
    missing = [
        Problem(tagged, f"must be in {name}", fix="./swarm images lock")
        for tagged in set(catalogue) - set(entries)
    ]
    left = [
        Problem(tagged, f"must be in the catalogue to stay in {name}", fix="remove its entry")
        for tagged in set(entries) - set(catalogue)
    ]
    files = [
        Problem(f"{lock.documents.name}/{file.name}", "must belong to an entry", fix="remove it")
        for file in lock.unnamed(entries)
    ]
    return [*missing, *left, *files]
