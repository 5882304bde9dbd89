"""The folder of backups: where it may be, what lies there, and what is kept."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ops import lab_bridge
from ops.backup.snapshot import BackupError, digest, seal_key_of
from ops.session import REPO
from ops.stack import pulumi

TIME_FORMAT = "%Y%m%dT%H%M%SZ"
_TIME = r"\d{8}T\d{6}Z"
_FILE_URL = "file://"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A snapshot and what is known of it without opening it; none of this is secret."""

    file: Path
    stack: str
    """Empty where the description beside the file is missing, as are the next two."""

    taken: str
    generation: int
    seal_key: str
    """Id of the key that opens it, e.g. `k1`; read from the snapshot itself."""

    size_bytes: int
    sha256: str
    server_version: str
    login_epoch: int = 0
    """Of the program's own login in it; 0 where it is not known."""

    def described(self) -> dict[str, object]:
        """As a mapping for JSON."""
        return {**asdict(self), "file": str(self.file)}


@dataclass(frozen=True)
class Apart:
    """A folder that no backup may share, and why."""

    folder: Path
    reason: str


def default_folder() -> Path:
    """Below the user's data folder (XDG Base Directory), so outside of every checkout."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "aiswarm" / "backups"


def description_of(file: Path) -> Path:
    """The JSON beside a snapshot."""
    return file.with_suffix(".json")


def file_name(stack: str, time: str, mark: str = "") -> str:
    """Name of the snapshot that was taken at `time`, in `TIME_FORMAT`.

    Args:
        mark: Tells it from those of every day: it is never the newest one, nor removed with old ones.
    """
    return f"{stack}-vault-{time}{mark}.snap"


def must_be_apart(stack: str) -> list[Apart]:
    """Folders with the seal key in them, encrypted or not, and folders that others may see.

    Raises:
        EngineError: The engine does not say where it keeps its state.
    """
    found = [Apart(REPO, "is the checkout, which is copied and shared")]
    url = str(json.loads(pulumi("whoami", "--json"))["url"])
    if url.startswith(_FILE_URL):
        found.append(Apart(_state_folder(url), "holds the Pulumi state, and in it the seal key"))
    if stack == lab_bridge.STACK:
        from lab import paths  # noqa: PLC0415 - an operator of another stack needs no lab

        found.append(Apart(paths.state_dir().resolve(), "holds the lab's state and its passphrase"))
    return found


def _state_folder(url: str) -> Path:
    """Folder of a file backend; only its own part of it where that is the user's whole home."""
    folder = Path(url.removeprefix(_FILE_URL)).expanduser().resolve()
    return folder / ".pulumi" if Path.home().resolve().is_relative_to(folder) else folder


def check_folder(folder: Path, apart: Iterable[Apart], *, fix: str = "--to another folder") -> None:
    """Refuse a folder that is, contains or lies in one of `apart`.

    Args:
        fix: How the command at hand is given another folder.

    Raises:
        BackupError: With the reason.
    """
    chosen = folder.expanduser().resolve()
    for other in apart:
        if chosen.is_relative_to(other.folder) or other.folder.is_relative_to(chosen):
            raise BackupError(f"{folder}: must be apart from {other.folder}, which {other.reason}; {fix}")


def backups(folder: Path, stack: str) -> list[Path]:
    """Snapshots of a stack, the newest first."""
    pattern = re.compile(re.escape(stack) + "-vault-" + _TIME + r"\.snap")
    return sorted((file for file in folder.glob("*.snap") if pattern.fullmatch(file.name)), reverse=True)


def newest(folder: Path, stack: str) -> Path:
    """The newest snapshot of a stack.

    Raises:
        BackupError: There is none.
    """
    found = backups(folder, stack)
    if not found:
        raise BackupError(f"{folder}: must hold a backup of stack {stack}, got none; ./swarm backup")
    return found[0]


def prune(folder: Path, stack: str, keep: int) -> list[Path]:
    """Remove all but the newest snapshots of a stack, with their descriptions, and say which."""
    removed = backups(folder, stack)[keep:]
    for file in removed:
        file.unlink()
        description_of(file).unlink(missing_ok=True)
    return removed


def read(file: Path) -> Backup:
    """Check a snapshot, and that its description is of this very file.

    A snapshot without description is still one: the description tells people more, and opens nothing.

    Raises:
        BackupError: It is not whole, or another than the one described.
    """
    seal_key = seal_key_of(file)
    found = Backup(
        file=file,
        stack="",
        taken="",
        generation=0,
        seal_key=seal_key,
        size_bytes=file.stat().st_size,
        sha256=digest(file),
        server_version="",
    )
    description = description_of(file)
    if not description.exists():
        return found
    try:
        said = Backup(**{**json.loads(description.read_text()), "file": file})
    except (ValueError, TypeError) as error:
        raise BackupError(f"{description}: must describe {file.name}, got something else") from error
    for name in ("sha256", "seal_key"):
        if getattr(said, name) != getattr(found, name):
            raise BackupError(f"{file}: must have the {name} of {description.name}, got another one")
    return said
