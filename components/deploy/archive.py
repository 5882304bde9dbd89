"""A service's files as one deterministic archive, so that the same files always give the same text."""

from __future__ import annotations

import base64
import io
import re
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from components.model.files import ConfigFile
from components.model.problems import Problem, SpecError

CONFIG = "config"
SECRETS = "secrets"
_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
"""No hidden file, since new files wait in a hidden folder, and nothing that leads out of the folder."""

_COMPLETE = "complete"
"""Name of the last entry; where it is missing, the transfer broke off (`deliver.sh`)."""


def pack(config: Iterable[ConfigFile], secrets: Mapping[str, str], user: str) -> str:
    """Pack files as base64 of a tar.

    Configuration belongs to root and is read-only for everybody: a host account that happens to have the
    container's number cannot change it. Secrets belong to the container's user and nobody else reads them.

    Args:
        secrets: Text of each secret file by its name.
        user: Numeric `uid:gid` that owns the secret files.

    Raises:
        SpecError: A file's name is hidden, or is no relative path.
    """
    buffer = io.BytesIO()
    files = sorted(config, key=lambda file: file.name)
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in (CONFIG, *_parents(f"{CONFIG}/{file.name}" for file in files)):
            _add(archive, folder, None, mode=0o555)
        for file in files:
            _add(archive, f"{CONFIG}/{file.name}", file.text, mode=0o555 if file.executable else 0o444)
        _add(archive, SECRETS, None, mode=0o500, user=user)
        for name, text in sorted(secrets.items()):
            _add(archive, f"{SECRETS}/{name}", text, mode=0o400, user=user)
        _add(archive, _COMPLETE, "", mode=0o400)
    return base64.encodebytes(buffer.getvalue()).decode()


def _parents(names: Iterable[str]) -> list[str]:
    """Folders below the first one that the files lie in, outer ones first."""
    parents = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    return sorted(parents - {".", CONFIG})


def _add(archive: tarfile.TarFile, name: str, text: str | None, *, mode: int, user: str = "0:0") -> None:
    """Add a file, or a folder where there is no text; the time is left at 0."""
    if not _NAME.fullmatch(name):
        raise SpecError(Problem(name, "must be a relative path of names like rules-1.yml", repr(name)))
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    entry.uid, entry.gid = (int(number) for number in user.split(":"))
    content = (text or "").encode()
    entry.size = len(content)
    if text is None:
        entry.type = tarfile.DIRTYPE
    archive.addfile(entry, io.BytesIO(content))
