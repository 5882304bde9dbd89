"""Backups on the real server: taken, opened in a scratch server, refused under another key, and put back."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from components.catalogue.swarm import swarm
from components.catalogue.vault import contents
from components.model.vault import VERSION_FIELD, NodeAccess, Vault
from components.render.openbao import MOUNT, NODES_MOUNT, external_path
from lab import paths
from ops import stack as engine
from ops.backup import put_back, shelf
from ops.backup.checks import Check
from ops.backup.declared import AgentId, Entry
from ops.backup.drill import Drill
from ops.backup.shelf import Backup
from ops.backup.snapshot import data_key_of, seal_key_of
from ops.backup.source import Source
from ops.backup.take import take
from ops.certificates import Authority
from ops.hosts import CommandError
from ops.stack import Stack
from ops.vault import VaultError
from tests.e2e.waiting import eventually
from tests.openbao.process import environment
from tests.openbao.server import PULUMI_ID, Server, _free_port, add_node, furnish, put

KEY = "openrouter_api_key"
TAKE_KNOWN = "ops.backup.take.known_secrets"


@dataclass(frozen=True)
class LocalPlace:
    """A folder of this machine in place of a container on a node."""

    folder: str
    port: int

    def run(self, command: str, stdin: str = "") -> str:
        """Run it in the folder, with `bao` on the path."""
        done = subprocess.run(
            ("sh", "-c", command), input=stdin, cwd=self.folder, env=environment(), text=True,
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        if done.returncode != 0:
            raise CommandError(done.stderr.strip())
        return done.stdout


def process_of(room: Path) -> int:
    """The scratch server's."""
    return int((room / "pid").read_text())


@contextlib.contextmanager
def local(folder: Path) -> Iterator[LocalPlace]:
    try:
        yield LocalPlace(str(folder), _free_port())
    finally:
        os.kill(process_of(folder), signal.SIGKILL)


@dataclass(frozen=True)
class World:
    """A server that holds what the program declares, a backup of it, and what the state would know."""

    server: Server
    stack: Stack
    backup: Backup
    source: Source
    room: Path
    """Folder of the scratch server."""

    drilled: Future[list[Check]]
    """A drill of the backup; begun at once, because it takes as long as all the rest."""

    @property
    def vault(self) -> Vault:
        """What the program declares."""
        return contents(self.stack.settings, swarm(self.stack.settings))


def configured(server: Server) -> Stack:
    """The lab's stack, with this server's authority and one key that was put in by hand."""
    committed = engine.committed("lab", paths.REPO)
    vault = committed.settings.vault.model_copy(update={"ca_certificate": server.authority.certificate})
    settings = committed.settings.model_copy(update={"vault": vault, "keys_in_vault": {KEY: 1}})
    services = tuple(spec for specs in swarm(settings).values() for spec in specs)
    return dataclasses.replace(committed, settings=settings, services=services)


def fill(program: httpx.Client, vault: Vault) -> dict[str, Entry]:
    """Write what `pulumi up` would write, and the key that it would not."""
    furnish(program)
    put(program, external_path(KEY), value=secrets.token_hex(16))
    entries: dict[str, Entry] = {}
    for node, access in vault.nodes.items():
        fill_node(program, node, access)
        for entry in access.entries.values():
            values = {ref.name: secrets.token_hex(16) for ref in entry.fields} | {VERSION_FIELD: "1"}
            put(program, entry.path, **values)
            entries[entry.path] = Entry(f"urn of {entry.path}", values)
    return entries


def fill_node(program: httpx.Client, node: str, access: NodeAccess) -> None:
    """The node's role with its bounds; its secret id is the node's name twice."""
    add_node(program, access.role, node * 2, [entry.path for entry in access.entries.values()])
    bounds = {"secret_id_bound_cidrs": access.cidrs, "token_bound_cidrs": access.cidrs}
    program.post(f"auth/{NODES_MOUNT}/role/{access.role}", json=bounds).raise_for_status()
    program.post(f"sys/policies/acl/{access.role}", json={"policy": access.policy}).raise_for_status()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[World]:
    server = Server(tmp_path_factory.mktemp("original"), authority)
    stack = configured(server)
    outputs = {"vault_secret_id": PULUMI_ID, "vault_address": server.url}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "output", lambda _, name: outputs[name])
        patch.setattr(put_back, "known_secrets", lambda _: {})
        patch.setattr(TAKE_KNOWN, lambda *_, **__: {"vault-pulumi-id-e1": PULUMI_ID})
        try:
            entries = fill(server.start_ready(), contents(stack.settings, swarm(stack.settings)))
            source = Source(
                seal_key=lambda key_id: server.seal_file(key_id).read_text(),
                node_id=lambda node: node * 2,
                pulumi_id=PULUMI_ID,
                entries=entries,
            )
            backup = take(stack, tmp_path_factory.mktemp("backups"))
            room = tmp_path_factory.mktemp("scratch")
            drill = Drill(stack, backup, source, functools.partial(local, room))
            with ThreadPoolExecutor() as pool:
                yield World(server, stack, backup, source, room, pool.submit(drill.run, lambda _: None))
        finally:
            server.stop()


def ended(process: int) -> bool:
    """Also true of one that nobody has waited for."""
    try:
        return not Path(f"/proc/{process}/cmdline").read_text()
    except FileNotFoundError:
        return True


def test_a_backup_is_whole_private_and_described(world: World) -> None:
    backup = world.backup

    assert shelf.read(backup.file) == backup
    assert backup.file.stat().st_mode & 0o777 == 0o600
    assert (backup.stack, backup.generation, backup.seal_key, backup.login_epoch) == ("lab", 1, "k1", 1)
    assert backup.server_version == "2.7.2"
    assert sorted(file.name for file in backup.file.parent.iterdir()) == sorted(
        (backup.file.name, backup.file.with_suffix(".json").name)
    )
    description = json.loads(backup.file.with_suffix(".json").read_text())
    assert not {PULUMI_ID, world.source.seal_key("k1")} & set(map(str, description.values()))


def test_a_new_server_under_a_new_key_takes_it_while_it_knows_the_old_key(world: World) -> None:
    server, stack = world.server, world.stack
    server.stop()
    server.new_seal_key("k2")
    server.configure(generation=2, seal_keys=("k2",))
    server.start_ready()
    with pytest.raises(VaultError, match="could not verify hash file"):
        put_back.put_back(stack, world.backup)
    assert not may_restore(server.log_in(PULUMI_ID))
    server.stop()
    server.configure(generation=2, seal_keys=("k2", "k1"))
    fill(server.start_ready(), world.vault)
    assert set(put_back.drifted(stack, world.source.entries)) == set(world.source.entries)

    put_back.put_back(stack, world.backup)

    assert put_back.drifted(stack, world.source.entries) == {}
    program = server.log_in(PULUMI_ID)
    assert not may_restore(program)
    accessor = "of the second generation"
    ids = [
        AgentId("node-oracle", accessor, "oracleoracle"),
        AgentId("node-thanos", own(program), "thanos" * 2),
    ]
    assert put_back.make_way(stack, ids) == ["node-oracle"]
    again = program.post(
        f"auth/{NODES_MOUNT}/role/node-oracle/custom-secret-id", json={"secret_id": "oracle" * 2}
    )
    assert again.is_success
    server.stop()
    server.start()
    server.wait_until(lambda: server.health() == httpx.codes.OK)
    assert server.log_in(PULUMI_ID).get(f"{MOUNT}/data/thanos/vllm-backup").is_success


def test_a_backup_of_before_the_last_rotation_of_the_programs_login(
    furnished: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, renewed = configured(furnished), secrets.token_hex(24)
    outputs = {"vault_secret_id": PULUMI_ID, "vault_address": furnished.url}
    monkeypatch.setattr(engine, "output", lambda _, name: outputs[name])
    monkeypatch.setattr(TAKE_KNOWN, lambda *_, **__: {"vault-pulumi-id-e1": PULUMI_ID})
    furnished.start()
    furnished.wait_until(lambda: furnished.health() == httpx.codes.OK)
    backup = take(stack, tmp_path)
    assert furnished.ready(renewed, PULUMI_ID).returncode == 0
    outputs["vault_secret_id"] = renewed
    monkeypatch.setattr(put_back, "known_secrets", lambda _: {"vault-pulumi-id-e1": PULUMI_ID})
    settings = stack.settings.model_copy(update={"epochs": {"vault-pulumi-id": 2}})
    rotated = dataclasses.replace(stack, settings=settings)
    put_back.check_fits(rotated, backup)

    put_back.put_back(rotated, backup)

    assert not may_restore(furnished.log_in(renewed))
    with pytest.raises(httpx.HTTPStatusError):
        furnished.log_in(PULUMI_ID)


def test_data_lie_under_the_key_before_until_the_server_is_ready(
    furnished: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = configured(furnished)
    outputs = {"vault_secret_id": PULUMI_ID, "vault_address": furnished.url}
    monkeypatch.setattr(engine, "output", lambda _, name: outputs[name])
    monkeypatch.setattr(TAKE_KNOWN, lambda *_, **__: {"vault-pulumi-id-e1": PULUMI_ID})
    furnished.new_seal_key("k2")
    furnished.configure(seal_keys=("k2", "k1"))
    furnished.start()
    furnished.wait_until(lambda: furnished.health() == httpx.codes.OK)
    early = take(stack, tmp_path, mark="-early").file
    assert furnished.ready(PULUMI_ID).returncode == 0

    late = take(stack, tmp_path).file

    assert [(seal_key_of(file), data_key_of(file)) for file in (early, late)] == [("k2", "k1"), ("k2", "k2")]


def may_restore(program: httpx.Client) -> bool:
    """Whether the right that a restore takes is still there."""
    asked = {"path": "sys/storage/raft/snapshot"}
    found = program.post("sys/capabilities-self", json=asked).raise_for_status().json()
    return "update" in found["data"]["capabilities"]


def own(program: httpx.Client) -> str:
    """The server's name of the id of thanos' agent."""
    path = f"auth/{NODES_MOUNT}/role/node-thanos/secret-id/lookup"
    found: str = program.post(path, json={"secret_id": "thanos" * 2}).json()["data"]["secret_id_accessor"]
    return found


def test_a_drill_opens_it_with_every_login_and_shows_what_a_wrong_key_does(world: World) -> None:
    checks = world.drilled.result()

    assert {check.name: check.detail for check in checks if not check.good} == {}
    details = {check.name: check.detail for check in checks}
    assert details["entries as in the state"] == f"entries compared: {len(world.source.entries)}"
    assert details["keys put in by hand"] == KEY
    assert details["login of the agent on thanos"].startswith("from 198.18.0.13 and not from 192.0.2.1; ")
    assert {"stays sealed with another key", "opens by itself with the right one"} <= set(details)
    eventually(lambda: ended(process_of(world.room)), within_seconds=5, poll_seconds=0.05)
