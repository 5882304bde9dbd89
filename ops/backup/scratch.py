"""A server that lives for one drill: made with a backup's seal key, filled from the backup, then asked.

All of it goes through a shell beside the server. Commands hold names and paths only; keys, ids and tokens are
files in memory that came over standard input.

How OpenBao 2.7.2 behaves (tried): a new server under the same seal key takes a snapshot without `-force`. The
call returns at once; for about five seconds requests hang, or fail with "message authentication failed" while
all is well; then every token of before is refused, and no restart is needed. Under another seal key it takes
no snapshot ("could not verify hash file"), and the data of one stay sealed. Audit logs that a snapshot names
are opened once and then dropped, because the scratch server's configuration has none.
"""

from __future__ import annotations

import base64
import io
import json
import secrets
import shlex
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

from ops.backup.place import Place

RIGHT, WRONG = "right", "wrong"
"""Names of the backup's seal key and of a random one in its place."""

_TEMPLATE = Path(__file__).with_name("drill.hcl")
_MARK = "== "
"""Begins the line before each answer; no line of the indented JSON does."""

_TRIES = 150
_PAUSE_SECONDS = 0.2

_SNAPSHOT = "backup.snap"
_REPLACED = "bao token lookup 2>&1 | grep -q 'Code: 403'"
_SEALED = f"grep -q 'failed to unseal core' {WRONG}.log && {{ bao status >/dev/null 2>&1; [ $? = 2 ]; }}"
"""`bao status` ends with 2 for a sealed server and with 1 for none (OpenBao's manual, status)."""

_GONE = '[ -z "$(cat "/proc/$(cat pid)/cmdline" 2>/dev/null | tr -d \'\\0\')" ]'
"""True of a process that has ended, also before anyone has waited for it: a zombie has no command line."""

Answer = dict[str, Any] | str
"""What the server has at a path, or its words against it."""


class Scratch:
    """The server of a drill, in its place."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def start(self, *, key_id: str, seal_key: str) -> None:
        """Start a new server under the seal key, which initialises itself.

        Raises:
            NodeError: It does not come up; the end of its log is part of the message.
        """
        place = self._place
        files = {
            f"{RIGHT}.key": seal_key,
            f"{WRONG}.key": secrets.token_hex(32),
            "token": secrets.token_hex(24),
        }
        for key in (RIGHT, WRONG):
            files[f"{key}.hcl"] = Template(_TEMPLATE.read_text()).substitute(
                folder=place.folder, port=place.port, cluster_port=place.port + 1, key_id=key_id, key=key
            )
        self._put(files)
        self._run(f"mkdir data; {_launch(RIGHT)}; {_until('bao token lookup >/dev/null 2>&1', RIGHT)}")

    def restore(self, snapshot: bytes) -> None:
        """Put the snapshot in place of what the server holds.

        Raises:
            NodeError: The server refuses it.
        """
        self._run(f"base64 -d >{_SNAPSHOT}", base64.b64encode(snapshot).decode())
        self._run(f"bao operator raft snapshot restore {_SNAPSHOT}")
        self._run(_until(_REPLACED, RIGHT))

    def stays_sealed(self) -> None:
        """Start the server anew on the restored data, with a random seal key in place of the right one.

        Raises:
            NodeError: It does not say that it cannot open them.
        """
        self._run(f"kill -9 $(cat pid); until {_GONE}; do sleep 0.1; done; {_launch(WRONG)}")
        self._run(_until(_SEALED, WRONG))

    def unseals(self) -> None:
        """Start the server anew with the right key.

        Raises:
            NodeError: It does not open the data by itself.
        """
        self._run(f"kill -9 $(cat pid); until {_GONE}; do sleep 0.1; done; {_launch(RIGHT)}")
        self._run(_until("bao status >/dev/null 2>&1", RIGHT))

    def login(self, name: str, *, mount: str, role: str, secret_id: str, source: str = "") -> str:
        """Log in by AppRole and keep the token under `name`.

        Args:
            source: Address that the server takes for that of the caller; empty is the loopback address.

        Returns:
            What the server says against it, empty if it accepts.
        """
        self._put({f"{name}.id": secret_id})
        path = shlex.quote(f"auth/{mount}/login")
        words = f"{path} role_id={shlex.quote(role)} secret_id=@{name}.id"
        command = f"bao write -field=token {_header(source)} {words} >{name}.token 2>{name}.said"
        return _last_line(self._run(f"{command} || cat {name}.said"))

    def read(self, name: str, paths: Iterable[str], *, source: str = "") -> dict[str, Answer]:
        """Read paths with the token kept under `name`: what is there, or why nothing is."""
        command = f'bao read -format=json {_header(source)} "$path" 2>&1 </dev/null'
        loop = f"while IFS= read -r path; do echo '{_MARK}'\"$path\"; {command} || true; done"
        asked = list(paths)
        said = self._run(
            f"export BAO_TOKEN=$(cat {name}.token); {loop}", "".join(f"{path}\n" for path in asked)
        )
        found = dict(_parts(said))
        return {path: _answer(found.get(path, "no answer")) for path in asked}

    def _put(self, files: Mapping[str, str]) -> None:
        """Write files for the server's user alone."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(text.encode()), 0o600
                tar.addfile(info, io.BytesIO(text.encode()))
        self._run("base64 -d | tar -xof -", base64.b64encode(archive.getvalue()).decode())

    def _run(self, command: str, stdin: str = "") -> str:
        address = f"http://127.0.0.1:{self._place.port}"
        setting = f"umask 077; export BAO_ADDR={address} BAO_MAX_RETRIES=0 BAO_TOKEN=$(cat token 2>/dev/null)"
        return self._place.run(f"{setting}; {command}", stdin)


def _launch(key: str) -> str:
    """Start the server; it writes a snapshot that it is sent into a temporary file first."""
    return f"TMPDIR=$PWD bao server -config={key}.hcl >{key}.log 2>&1 & echo $! >pid"


def _until(condition: str, key: str) -> str:
    """Wait for a condition; the end of the server's log is the complaint if it never holds."""
    give_up = f"{{ grep -iE 'error|warn' {key}.log | tail -n 3 >&2; exit 1; }}"
    count = f"tries=$((tries+1)); [ $tries -lt {_TRIES} ] || {give_up}"
    return f"tries=0; until {condition}; do {count}; sleep {_PAUSE_SECONDS}; done"


def _header(source: str) -> str:
    return f"-header=X-Forwarded-For={shlex.quote(source)}" if source else ""


def _last_line(said: str) -> str:
    """The reason at the end of what `bao` prints about an error."""
    return said.strip().rpartition("\n")[2].strip().removeprefix("* ")


def _parts(said: str) -> Iterable[tuple[str, str]]:
    for part in said.split(f"\n{_MARK}"):
        path, _, text = part.removeprefix(_MARK).partition("\n")
        if path:
            yield path, text


def _answer(text: str) -> Answer:
    try:
        found = json.loads(text)
    except ValueError:
        return _last_line(text)
    return dict(found.get("data") or {})
