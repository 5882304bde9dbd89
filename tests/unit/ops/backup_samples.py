"""Snapshots as a server makes them, and a scratch server that answers from a table."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from components.catalogue.swarm import swarm
from components.catalogue.vault import contents
from components.model.vault import VERSION_FIELD
from ops.backup.declared import Entry
from ops.backup.scratch import Answer, Scratch
from ops.backup.shelf import Backup, description_of, file_name, read
from ops.backup.source import Source
from ops.stack import Stack

KEY = "openrouter_api_key"
SECRETS = ("key of the seal", "id of the program", "id of thanos", "value of a field")


def varint(number: int) -> bytes:
    """As protocol buffers have it, low bits first."""
    low = number & 0x7F
    return bytes([low]) if number < 0x80 else bytes([low | 0x80]) + varint(number >> 7)


def entry(name: bytes, value: bytes) -> bytes:
    """An entry of a server's storage in a snapshot."""
    message = b"\x0a" + varint(len(name)) + name + b"\x12" + varint(len(value)) + value
    return varint(len(message)) + message


def state(key_id: str) -> bytes:
    """A server's storage, whose root key lies under this seal key."""
    stored = {
        b"core/audit": b"x" * 20_000,
        b"core/hsm/barrier-unseal-keys": sealed(key_id),
        b"sys/policy/default": b"x",
    }
    return b"".join(entry(name, value) for name, value in stored.items())


def sealed(key_id: str) -> bytes:
    """A blob under the seal, as far as the name of its key can be read."""
    name = key_id.encode()
    info = bytes([0x1A, len(name)]) + name
    return b"\x0a\x03xyz" + bytes([0x2A, len(info)]) + info


def members(key_id: str = "k1", *, data_key_id: str = "") -> dict[str, bytes]:
    """The files in a snapshot; its data may still lie under another key."""
    content = {"meta.json": b"{}", "state.bin": state(data_key_id or key_id)}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in content.items())
    return {**content, "SHA256SUMS": sums.encode(), "SHA256SUMS.sealed": sealed(key_id)}


def packed(files: Mapping[str, bytes]) -> bytes:
    """A gzipped tar of these files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(archive.getvalue())


def snapshot(key_id: str = "k1") -> bytes:
    """A whole snapshot."""
    return packed(members(key_id))


def shelved(
    folder: Path, *, stack: str = "lab", time: str = "20260101T030000Z", key_id: str = "k1", **more: object
) -> Backup:
    """A backup in a folder, with its description."""
    file = folder / file_name(stack, time)
    file.write_bytes(snapshot(key_id))
    bare = read(file)
    known = {"stack": stack, "taken": time, "generation": 1, "server_version": "2.7.2", **more}
    description_of(file).write_text(json.dumps({**bare.described(), **known}))
    return read(file)


@dataclass
class TableScratch(Scratch):
    """Knows logins by their ids and where each may come from, and paths by their answers."""

    ids: dict[str, str] = field(default_factory=dict)
    """Secret id by role."""

    bounds: dict[str, str] = field(default_factory=dict)
    """The only address that a role may log in from."""

    answers: dict[str, Answer] = field(default_factory=dict)

    def login(self, name: str, *, mount: str, role: str, secret_id: str, source: str = "") -> str:
        """As the server says it."""
        assert name
        assert mount
        if self.ids.get(role) != secret_id:
            return "invalid role or secret ID"
        if self.bounds.get(role, source) != source:
            return f'source address "{source}" unauthorized by CIDR restrictions on the role'
        return ""

    def read(self, name: str, paths: Iterable[str], *, source: str = "") -> dict[str, Answer]:
        """From the table."""
        assert name
        assert source == self.bounds.get(f"node-{name}", "")
        return {path: self.answers.get(path, f"No value found at {path}") for path in paths}


def with_key(lab_stack: Stack) -> Stack:
    """The stack, with one key that was put in by hand."""
    settings = lab_stack.settings.model_copy(update={"keys_in_vault": {KEY: 1}})
    services = tuple(spec for specs in swarm(settings).values() for spec in specs)
    return dataclasses.replace(lab_stack, settings=settings, services=services)


def source_of(stack: Stack) -> Source:
    """A state in which every field of an entry has the same value."""
    vault = contents(stack.settings, swarm(stack.settings))
    declared = [entry for access in vault.nodes.values() for entry in access.entries.values()]
    fields = {entry.path: [VERSION_FIELD, *(ref.name for ref in entry.fields)] for entry in declared}
    return Source(
        seal_key=lambda _: "key of the seal",
        node_id="id of {}".format,
        pulumi_id="id of the program",
        entries={
            path: Entry("urn", dict.fromkeys(names, "value of a field")) for path, names in fields.items()
        },
    )
