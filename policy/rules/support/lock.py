"""What is known of an image: proven by documents that a registry sent, or only claimed, for a while.

The catalogue's lock is part of the repository. A stack that takes images from elsewhere has a lock of its own
beside its stack file, as the lab has, whose `make up` writes one for what it has built.

A lock is believed only as far as it cannot lie: its documents prove themselves by the pinned digest. An entry
without documents must state why nobody has asked the registry yet, who answers for it, and until when.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from .chain import Chain, ChainError, follow

REPOSITORY = Path(__file__).resolve().parents[3]
CATALOGUE = REPOSITORY / "components" / "catalogue" / "images.lock.json"
LONGEST = timedelta(days=180)
"""After that somebody has to look again."""

STATEMENT = ("reason", "owner", "granted", "expires")
_CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE"
"""The engine's variable for a stack file that lies elsewhere."""

_PINNED = re.compile(r"(?P<tagged>[a-z0-9.:/_-]+:[\w][\w.-]*)@(?P<digest>sha256:[0-9a-f]{64})", re.ASCII)
_LOCK_IT = "./swarm images lock, on a machine that reaches the registries"


@dataclass(frozen=True, slots=True)
class Statement:
    """Why an image may be used although nothing proves it yet."""

    reason: str
    owner: str
    granted: date
    expires: date
    """Last day that it is valid on."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An image that nobody has proven yet."""

    platforms: tuple[str, ...]
    statement: Statement


@dataclass(frozen=True, slots=True)
class Proven:
    """An image whose documents are there, and agree."""

    chain: Chain
    asked: date | None
    """When a registry was last asked."""


Known = Proven | Claimed


def today() -> date:
    """The day on which rules judge; the same on all machines."""
    return datetime.now(UTC).date()


def pinned(reference: str) -> tuple[str, str] | None:
    """`repository:tag` and digest of a pinned reference; None for any other."""
    found = _PINNED.fullmatch(reference)
    return (found["tagged"], found["digest"]) if found else None


class Locks:
    """The locks that a stack's images stand in."""

    def __init__(self, *files: Path) -> None:
        """Read them; a file that is not there holds nothing.

        Raises:
            ChainError: A file is no lock.
        """
        self._entries: dict[str, tuple[Path, object]] = {}
        for file in files:
            for tagged, entry in _read(file).items():
                self._entries.setdefault(tagged, (file.with_suffix(".d"), entry))
        self._chains: dict[str, Chain] = {}

    def find(self, reference: str, day: date) -> Known:
        """What is known of a pinned image.

        Raises:
            ChainError: It is in no lock, the lock has another digest, or what it has there does not hold.
        """
        tagged, digest = pinned(reference) or ("", "")
        if tagged not in self._entries:
            raise ChainError("must be in the image lock", "no entry", _LOCK_IT)
        folder, values = self._entries[tagged]
        entry = values if isinstance(values, dict) else {}
        if entry.get("digest") != digest:
            raise ChainError("digest must be the one in the image lock", f"{digest[:19]}…", _LOCK_IT)
        if entry.get("resolved") is not True:
            return _claimed(entry, day)
        if digest not in self._chains:
            self._chains[digest] = follow(digest, _reader(folder))
        return Proven(self._chains[digest], _day(entry.get("asked")))


@cache
def of_stack(name: str) -> Locks:
    """The catalogue's lock and the stack's own, which lies beside its stack file.

    Raises:
        ChainError: A file is no lock.
    """
    elsewhere = Path(os.environ.get(_CONFIG_FILE, ""))
    folder = elsewhere.parent if elsewhere.name == f"Pulumi.{name}.yaml" else REPOSITORY
    return Locks(CATALOGUE, folder / f"Pulumi.{name}.images.lock.json")


def stack_of(urn: str) -> str:
    """Name of the stack in `urn:pulumi:<stack>::…`; empty for anything else."""
    head, separator, _ = urn.partition("::")
    return head.removeprefix("urn:pulumi:") if separator and head.startswith("urn:pulumi:") else ""


def claims(known: Sequence[Known]) -> list[Claimed]:
    """Those that are not proven."""
    return [each for each in known if isinstance(each, Claimed)]


def _claimed(entry: Mapping[str, object], day: date) -> Claimed:
    values = entry.get("unproven")
    fields = values if isinstance(values, dict) else {}
    reason, owner = (fields.get(key) for key in STATEMENT[:2])
    granted, expires = (_day(fields.get(key)) for key in STATEMENT[2:])
    platforms = entry.get("platforms")
    if not (isinstance(reason, str) and reason and isinstance(owner, str) and owner and granted and expires):
        expected = f"must be proven by its documents, or `unproven` must state {', '.join(STATEMENT)}"
        raise ChainError(expected, "neither", _LOCK_IT)
    if not granted <= expires <= granted + LONGEST or granted > day:
        expected = f"`unproven` must be granted by {day} for at most {LONGEST.days} days"
        raise ChainError(expected, f"{granted} to {expires}", _LOCK_IT)
    if expires < day:
        raise ChainError(f"must be proven since {expires}, when its statement ended", "a claim", _LOCK_IT)
    listed = platforms if isinstance(platforms, list) else []
    return Claimed(tuple(map(str, listed)), Statement(reason, owner, granted, expires))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _reader(folder: Path) -> Callable[[str], bytes]:
    return lambda digest: (folder / f"{digest.removeprefix('sha256:')}.json").read_bytes()


def _read(file: Path) -> dict[str, object]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ChainError(f"{file.name} must be a lock", type(error).__name__, "git checkout it") from error
    if not isinstance(found, dict):
        raise ChainError(f"{file.name} must be a lock", f"a {type(found).__name__}", "git checkout it")
    return found
