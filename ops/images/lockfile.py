"""The lock and the documents beside it on the disk: read, compared, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from components.catalogue.images import LOCK
from components.model.problems import Problem
from ops.errors import SwarmError
from ops.images.chain import Built, Chain, Digest, follow
from ops.images.names import ImageError

Entry = dict[str, Any]
"""One image of the lock: its digest, its platforms, whether a registry was asked, and then on which day and
each platform's manifest, configuration and user; otherwise why not, who answers for it, and until when."""


@dataclass
class LockError(SwarmError):
    """The lock cannot be read."""

    said: str

    def __str__(self) -> str:
        """Where, and what to do."""
        return self.said


class Statement(BaseModel):
    """Why an image is in use although no registry was asked for it yet."""

    reason: str
    owner: str
    granted: date
    expires: date
    """Last day that it is valid on; the policy pack allows 180 days."""


class _Shape(BaseModel):
    """What must be there of an entry."""

    digest: Digest
    platforms: list[str]
    resolved: bool
    manifests: dict[str, Built] = {}
    asked: date | None = None
    unproven: Statement | None = None


_LOCK: Final = TypeAdapter(dict[str, _Shape | None])


def entry_of(chain: Chain) -> Entry:
    """The lock's entry for an image that a registry was asked for."""
    return {
        "digest": chain.digest,
        "platforms": list(chain.platforms),
        "resolved": True,
        "manifests": {platform: asdict(built) for platform, built in chain.platforms.items()},
    }


@dataclass(frozen=True, slots=True)
class LockFile:
    """The lock, and the folder that holds its documents, each named by its digest."""

    path: Path = LOCK

    @property
    def documents(self) -> Path:
        """Folder of the documents, byte for byte as the registries sent them."""
        return self.path.with_suffix(".d")

    def entries(self) -> dict[str, Entry | None]:
        """Every entry by `repository:tag`; None where no digest is known.

        Raises:
            LockError: The file is no lock.
        """
        text = self.path.read_text(encoding="utf-8")
        try:
            _LOCK.validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(step) for step in first["loc"]) or "the file"
            raise LockError(f"{self.path.name}: {where}: {first['msg']}; {_AGAIN}") from error
        found: dict[str, Entry | None] = json.loads(text)
        return found

    def write(self, chains: Mapping[str, Chain]) -> None:
        """Put these entries in and leave every other one as it is.

        Documents come first, so that no entry is ever without them; those that no entry names any more go.
        """
        asked = {"asked": datetime.now(UTC).date().isoformat()}
        entries = {
            **self.entries(),
            **{tagged: entry_of(chain) | asked for tagged, chain in chains.items()},
        }
        self.documents.mkdir(exist_ok=True)
        for chain in chains.values():
            for digest, content in chain.documents.items():
                _replace(self._file(digest), content)
        _replace(self.path, (json.dumps(entries, indent=2) + "\n").encode())
        for file in self.unnamed(entries):
            file.unlink()

    def unnamed(self, entries: Mapping[str, Entry | None]) -> list[Path]:
        """Documents on the disk that no entry names."""
        named = {self._file(digest) for entry in entries.values() for digest in _digests(entry)}
        return sorted(set(self.documents.glob("*")) - named)

    def statement(self, entry: Entry) -> Statement | None:
        """What an entry that is only claimed says for itself."""
        return _Shape.model_validate(entry).unproven

    def check(self, tagged: str, entry: Entry) -> Chain:
        """Follow the chain of an entry through the kept documents, and compare it with what the entry says.

        Raises:
            ImageError: A link is broken, or the entry says something else than its documents.
        """
        chain = follow(tagged, str(entry["digest"]), lambda _, digest: self._content(tagged, digest))
        wrong = [key for key, value in entry_of(chain).items() if entry.get(key) != value]
        if wrong:
            got = f"other {', '.join(wrong)}"
            raise ImageError(Problem(tagged, "entry must say what its documents say", got, _AGAIN))
        return chain

    def _file(self, digest: str) -> Path:
        return self.documents / f"{digest.removeprefix('sha256:')}.json"

    def _content(self, tagged: str, digest: str) -> bytes:
        try:
            return self._file(digest).read_bytes()
        except OSError as error:
            where = f"{self.documents.name}/{self._file(digest).name}"
            raise ImageError(
                Problem(tagged, f"{where} must be readable", error.strerror or str(error), _AGAIN)
            ) from error


_AGAIN = "`git checkout` the lock and its folder, or ask anew with `./swarm images lock`"


def _digests(entry: Entry | None) -> Iterator[str]:
    if entry and "manifests" in entry:
        yield entry["digest"]
        for built in entry["manifests"].values():
            yield from (built["digest"], built["config"])


def _replace(file: Path, content: bytes) -> None:
    """Put the content in place of the file in one step; an interruption leaves the old one."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as made:
        try:
            made.write(content)
            made.flush()
            os.fsync(made.fileno())
            Path(made.name).chmod(0o644)  # as everything in a checkout; temporary files are private
            Path(made.name).replace(file)
        except BaseException:
            Path(made.name).unlink(missing_ok=True)
            raise
