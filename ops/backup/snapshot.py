"""A snapshot of the server as a file: whether it is whole, and which seal key opens it.

The format is that of HashiCorp's raft-snapshot: a gzipped tar of `state.bin`, `meta.json`, their sums, and
the sums once more under the seal, by which a server recognises what it can open.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from google.protobuf import empty_pb2, unknown_fields
from google.protobuf.message import DecodeError

from ops.errors import SwarmError

CHUNK_BYTES = 1 << 20

_SUMS = "SHA256SUMS"
_SEALED_SUMS = "SHA256SUMS.sealed"
_STATE = "state.bin"
_CONTENT = {"meta.json", _STATE}
_SMALL_BYTES = 1 << 16

_ROOT_KEY = b"core/hsm/barrier-unseal-keys"
"""Where a server with a seal of its own keeps the key that opens all else (openbao, vault/seal.go)."""

_NAME, _VALUE = 1, 2
"""Numbers of the fields in `StorageEntry` (openbao, physical/raft/types.proto)."""

_KEY_INFO = 5
_KEY_ID = 3
"""Numbers of the fields in `BlobInfo` and `KeyInfo` (openbao/go-kms-wrapping, types.proto)."""


@dataclass
class BackupError(SwarmError):
    """A backup cannot be made, or cannot be used."""

    said: str

    def __str__(self) -> str:
        """The file or folder, what must hold, and what was found."""
        return self.said


def seal_key_of(file: Path) -> str:
    """Read a snapshot to its last byte and return the id of the seal key that opens it, e.g. `k1`.

    The server checks the sums as well, but only once all of it has been sent.

    Raises:
        BackupError: The file is missing, cut off or altered.
    """
    with _explained(file):
        sums, small = _read(file)
        _compare(file, sums, small)
        return _key_id(small[_SEALED_SUMS])


def data_key_of(file: Path) -> str:
    """The id of the seal key under which the server's data lie.

    After a change of keys that is the former one until the server has been told to rotate its root key, while
    the sums, and with them `seal_key_of`, follow the configuration at once (openbao/openbao#3996; tried).

    Raises:
        BackupError: The file is no whole snapshot, or no root key is in it.
    """
    with _explained(file), gzip.open(file) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.name == _STATE and (state := archive.extractfile(member)):
                return _key_id(_root_key(state))
        raise LookupError(_STATE)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise BackupError(f"{file}: must be a whole snapshot, got {error or type(error).__name__}") from error
    except (DecodeError, UnicodeDecodeError, LookupError) as error:
        raise BackupError(
            f"{file}: must be a snapshot of a server with a static seal, got another file"
        ) from error


def digest(file: Path) -> str:
    """SHA-256 of a file, as `sha256sum` prints it."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(file: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Sums of all members, and the small members themselves; the checksum at the very end is read too."""
    sums: dict[str, str] = {}
    small: dict[str, bytes] = {}
    with gzip.open(file) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member)
                if content is None:
                    raise tarfile.ReadError(f"{member.name}, which is no file")
                sums[member.name], head = _digest(content)
                if member.size <= _SMALL_BYTES:
                    small[member.name] = head
        _drain(stream.read)
    return sums, small


def _digest(content: IO[bytes]) -> tuple[str, bytes]:
    found = hashlib.sha256()
    head = b""
    while chunk := content.read(CHUNK_BYTES):
        head = head or chunk
        found.update(chunk)
    return found.hexdigest(), head


def _drain(read: Callable[[int], bytes]) -> None:
    while read(CHUNK_BYTES):
        pass


def _compare(file: Path, sums: dict[str, str], small: dict[str, bytes]) -> None:
    lines = [line.split(maxsplit=1) for line in small[_SUMS].decode().splitlines()]
    listed = {line[-1]: line[0] for line in lines if line}
    wrong = sorted(name for name in _CONTENT | set(listed) if listed.get(name, "") != sums.get(name))
    if wrong:
        raise BackupError(f"{file}: must match its own sums, got other content in {', '.join(wrong)}")


def _root_key(state: IO[bytes]) -> bytes:
    """The root key's entry among messages that stand each behind its length as a varint.

    Raises:
        LookupError: It is not there.
    """
    while byte := state.read(1):
        length, shift = byte[0] & 0x7F, 7
        while byte[0] & 0x80:
            byte = state.read(1)
            length |= (byte[0] & 0x7F) << shift
            shift += 7
        entry = state.read(length)
        if _field(entry, _NAME) == _ROOT_KEY:
            return _field(entry, _VALUE)
    raise LookupError(_ROOT_KEY)


def _key_id(sealed: bytes) -> str:
    return _field(_field(sealed, _KEY_INFO), _KEY_ID).decode()


def _field(message: bytes, number: int) -> bytes:
    """One field of a message whose type nobody here knows."""
    fields = unknown_fields.UnknownFieldSet(empty_pb2.Empty.FromString(message))
    found = [fields[index] for index in range(len(fields)) if fields[index].field_number == number]
    return bytes(found[0].data)
