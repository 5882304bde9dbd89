"""Take a snapshot off the server, onto this machine."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.catalogue.vault import PULUMI_ID
from ops import stack as engine
from ops import vault
from ops.backup.shelf import TIME_FORMAT, Backup, description_of, file_name
from ops.backup.snapshot import CHUNK_BYTES, BackupError, digest, seal_key_of
from ops.secret_values import known_secrets
from ops.stack import Stack

_LOGIN = re.compile(re.escape(PULUMI_ID) + r"-e(\d+)")


def take(stack: Stack, folder: Path, *, mark: str = "") -> Backup:
    """Stream a snapshot into `folder`, check it, and give it its name only then.

    Args:
        mark: As `file_name` has it.

    Raises:
        BackupError: It cannot be written, or what arrived is not whole; nothing of it is left.
        VaultError: The server is away, sealed or refuses.
        EngineError: The stack was never deployed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"{folder}: must be a folder that can be written, got {error.strerror}") from error
    now = datetime.now(UTC)
    file = folder / file_name(stack.name, now.strftime(TIME_FORMAT), mark)
    # Before the login: where an update changes it meanwhile, the description names the older one of the two.
    epoch = _login_epoch(stack)
    with _whole(file) as partial:
        with vault.connect(stack) as server:
            system: Any = server.sys  # its stubs lack the types of these calls
            version = system.read_health_status(method="GET")["version"]
            with system.take_raft_snapshot() as response, partial.open("wb") as stream:
                stream.writelines(response.iter_content(CHUNK_BYTES))
                stream.flush()
                os.fsync(stream.fileno())
        backup = Backup(
            file=file,
            stack=stack.name,
            taken=now.isoformat(timespec="seconds"),
            generation=stack.settings.vault.generation,
            seal_key=seal_key_of(partial),
            size_bytes=partial.stat().st_size,
            sha256=digest(partial),
            server_version=str(version),
            login_epoch=epoch,
        )
        _describe(backup)
    return backup


def _login_epoch(stack: Stack) -> int:
    """Epoch of the login that the server knows; 0 where the state has no such value.

    The stack file may be ahead of it: an epoch is raised there first, and `pulumi up` comes later.
    """
    used = engine.output(stack.name, "vault_secret_id")
    known = known_secrets(stack.name, warn=lambda _: None)  # nothing is looked for here
    matches = (_LOGIN.fullmatch(name) for name, value in known.items() if value == used)
    return next((int(match[1]) for match in matches if match), 0)


def _describe(backup: Backup) -> None:
    """Write the description first: a snapshot under its own name always has one."""
    with _whole(description_of(backup.file)) as partial:
        partial.write_text(json.dumps({**backup.described(), "file": backup.file.name}, indent=2) + "\n")


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A file for the owner alone that takes the name `file` at the end of the block, or goes away."""
    partial = file.with_name(f".{file.name}.partial")
    try:
        # Made anew, so that the mode is ours and nobody has it open.
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600, exist_ok=False)
        yield partial
        if file.exists():
            raise BackupError(f"{file}: must not exist yet; take the backup once more")
        partial.rename(file)
    except OSError as error:
        raise BackupError(f"{file}: must be written, got {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
