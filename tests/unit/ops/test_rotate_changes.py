"""What each kind of rotation writes into the stack file, and when it counts as proven."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.model.specs import ServiceSpec
from ops import configuration
from ops.backup.shelf import Backup, read
from ops.rotate import changes
from ops.rotate.changes import SealChange, ValueChange, change_of, value_name
from ops.rotate.errors import RotationError
from ops.rotate.inside import Said
from ops.rotate.programs import Answer, Reply
from ops.rotate.proofs import Surroundings
from ops.rotate.targets import rotatable
from ops.stack import Stack
from ops.vault import VaultError
from tests.unit.ops.backup_samples import members, packed
from tests.unit.ops.stack_file import File

OLD, NEW = "the-old-value", "the-new-value"
SEAL_KEY = "00" * 32


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> File:
    file = File({"redis-password": OLD})
    monkeypatch.setattr(configuration, "set_count", file.set_count)
    monkeypatch.setattr(changes, "known_secrets", lambda _: dict(file.values))
    return file


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The passwords that Redis takes."""
    taken = {OLD}
    ask = {True: Reply(Answer.ACCEPTED), False: Reply(Answer.REFUSED)}
    monkeypatch.setattr(changes, "asks_for", lambda *_: {"redis": lambda value: ask[value in taken]})
    return taken


def test_a_value_is_rotated_and_the_old_one_offered(lab_stack: Stack, file: File, redis: set[str]) -> None:
    change = change_of(Surroundings(lab_stack), rotatable(lab_stack)["redis-password"])

    assert isinstance(change, ValueChange)
    change.write()
    assert file.written == [("epochs", "redis-password", 2)]
    assert not change.is_made()
    assert [verdict.proven for verdict in change.prove()] == [False]

    file.values["redis-password"] = NEW
    assert change.is_made()
    assert [verdict.proven for verdict in change.prove()] == [False]

    redis.symmetric_difference_update({OLD, NEW})
    assert [verdict.proven for verdict in change.prove()] == [True]


@pytest.mark.usefixtures("redis")
def test_what_was_never_deployed_cannot_be_rotated(lab_stack: Stack, file: File) -> None:
    file.values.clear()

    with pytest.raises(RotationError, match="redis-password: must have a value before it can have another"):
        change_of(Surroundings(lab_stack), rotatable(lab_stack)["redis-password"])


def test_what_nobody_checks_is_not_rotated(
    lab_stack: Stack, file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "asks_for", lambda *_: {})

    with pytest.raises(RotationError, match="no program is known"):
        change_of(Surroundings(lab_stack), rotatable(lab_stack)["redis-password"])
    assert file.written == []


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("redis-password", "redis-password"),
        ("vault-pulumi-id", "vault-pulumi-id-e3"),
        ("vault-seal", "vault-seal-k3"),
    ],
)
def test_the_name_of_a_value(target: str, name: str) -> None:
    assert value_name(target, 3) == name


@dataclass
class SealedServer:
    """The Vault server as its node shows it, after everything went well."""

    container: str = "new"
    key_id: str = "k2"
    key: str = SEAL_KEY
    status: str = '{"sealed": false}'
    data_key: str = "k2"

    def take(self, _: Stack, folder: Path) -> Backup:
        """A backup of it."""
        file = folder / "lab-vault-20260101T030000Z.snap"
        if self.data_key == "":
            raise VaultError("https://198.18.0.11:8200: must answer, got no answer")
        file.write_bytes(packed(members("k2", data_key_id=self.data_key)))
        return read(file)

    def on_node(self, *_: object) -> str:
        """Which container it is."""
        return self.container

    def inside(self, _: Stack, __: ServiceSpec, words: tuple[str, ...]) -> Said:
        """What stands in it."""
        digest = hashlib.sha256(self.key.encode()).hexdigest()
        texts = {
            "cat": f'seal "static" {{\n  current_key_id = "{self.key_id}"\n}}',
            "sha256sum": f"{digest}  /run/secrets/seal-k2",
            "bao": self.status,
        }
        return Said(0, texts[words[0]])


def seal_change(stack: Stack, server: SealedServer, monkeypatch: pytest.MonkeyPatch) -> SealChange:
    """A rotation whose `up` is over; the server was another container before."""
    monkeypatch.setattr(changes, "inside", server.inside)
    monkeypatch.setattr(changes, "on_node", lambda *_: "old")
    change = SealChange(stack, rotatable(stack)["vault-seal"])
    monkeypatch.setattr(changes, "on_node", server.on_node)
    monkeypatch.setattr(changes, "take", server.take)
    return change


def test_a_seal_key_is_added(lab_stack: Stack, file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    file.values["vault-seal-k2"] = SEAL_KEY
    change = seal_change(lab_stack, SealedServer(), monkeypatch)

    change.write()
    (verdict,) = change.prove()

    assert file.written == [("epochs", "vault-seal", 2)]
    assert change.is_made()
    assert verdict.proven
    assert verdict.new == "k2: in use, data sealed with it, unsealed after a restart"
    assert verdict.old == "k1: kept for older snapshots"


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (SealedServer(container="old"), "k2: not started anew"),
        (SealedServer(key_id="k1"), "k2: not named by the configuration"),
        (SealedServer(key="11" * 32), "k2: not in place"),
        (SealedServer(status='{"sealed": true}'), "k2: sealed"),
        (SealedServer(status="Error checking seal status"), "k2: sealed"),
        (SealedServer(data_key="k1"), "k2: data still sealed with k1"),
        (SealedServer(data_key=""), "k2: https://198.18.0.11:8200: must answer, got no answer"),
    ],
)
def test_a_seal_key_that_is_not_in_use_is_told(
    lab_stack: Stack, file: File, monkeypatch: pytest.MonkeyPatch, server: SealedServer, said: str
) -> None:
    file.values["vault-seal-k2"] = SEAL_KEY

    (verdict,) = seal_change(lab_stack, server, monkeypatch).prove()

    assert (verdict.proven, verdict.new) == (False, said)
