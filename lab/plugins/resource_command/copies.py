"""Copy files and folders over SFTP with upstream's rules for the target path. For the lab only.

| source  | target is a folder | target is missing | target is a file |
| ------- | ------------------ | ----------------- | ---------------- |
| folder  | target/folder      | target/folder     | error            |
| folder/ | its contents       | its contents      | error            |
| file    | target/file        | target            | overwritten      |
| text    | error              | target            | overwritten      |
"""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath

from paramiko import SFTPClient, SSHException, Transport

from lab.plugins.kit.call import PluginError, Props


def copy(transport: Transport, source: Props, target: str) -> None:
    """Copy an asset or archive of the engine's form to `target` on the host.

    Raises:
        PluginError: The source cannot be read or the target not be written.
    """
    text, path = source.text("text"), source.text("path")
    try:
        channel = transport.open_session()
        channel.invoke_subsystem("sftp")
        with SFTPClient(channel) as sftp:
            if path:
                _copy_path(sftp, path, target)
            else:
                _copy_text(sftp, text or "", target)
    except (OSError, SSHException) as error:
        raise PluginError(f"remotePath {target}: must be possible to write, got {error}") from error


def _is_folder(sftp: SFTPClient, path: str) -> bool | None:
    """Tell whether a remote path is a folder; None where there is nothing."""
    try:
        return stat.S_ISDIR(sftp.stat(path).st_mode or 0)
    except FileNotFoundError:
        return None


def _copy_text(sftp: SFTPClient, text: str, target: str) -> None:
    if _is_folder(sftp, target):
        raise PluginError(f"remotePath: must be a file path for a text, got the folder {target}")
    with sftp.open(target, "wb") as file:
        file.write(text.encode())


def _copy_path(sftp: SFTPClient, path: str, target: str) -> None:
    local = Path(path)
    if not local.is_dir():
        sftp.put(path, str(PurePosixPath(target) / local.name) if _is_folder(sftp, target) else target)
        return
    _make_folder(sftp, target)
    if not path.endswith("/"):
        target = str(PurePosixPath(target) / local.name)
    for entry in [local, *sorted(local.rglob("*"))]:
        remote = str(PurePosixPath(target) / entry.relative_to(local).as_posix())
        if entry.is_dir():
            _make_folder(sftp, remote)
        else:
            sftp.put(str(entry), remote)


def _make_folder(sftp: SFTPClient, path: str) -> None:
    there = _is_folder(sftp, path)
    if there is None:
        sftp.mkdir(path)
    elif not there:
        raise PluginError(f"remotePath: must be a folder for a folder, got the file {path}")
