"""Where backups may lie, what is kept, and that a failed one leaves the others alone."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab import paths
from ops import stack as engine
from ops import vault
from ops.backup import shelf
from ops.backup.shelf import Apart, check_folder, prune, read
from ops.backup.snapshot import BackupError
from ops.backup.take import take
from ops.stack import Stack
from tests.unit.ops.backup_samples import shelved, snapshot


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "backups"
    made.mkdir()
    return made


def backend(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(shelf, "pulumi", lambda *_: json.dumps({"user": "root", "url": url}))


@pytest.mark.parametrize("chosen", ["state", "state/deep/er", "."])
def test_never_beside_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str) -> None:
    backend(monkeypatch, f"file://{tmp_path}/state")
    refused = re.escape(
        f"must be apart from {tmp_path}/state, which holds the Pulumi state, and in it the seal key"
    )

    with pytest.raises(BackupError, match=refused):
        check_folder(tmp_path / chosen, shelf.must_be_apart("prod"))


def test_never_behind_a_link_to_the_state(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "link").symlink_to("state")

    with pytest.raises(BackupError, match="must be apart"):
        check_folder(tmp_path / "link" / "backups", [Apart(tmp_path / "state", "holds it")])


def test_never_in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    backend(monkeypatch, "s3://bucket")

    with pytest.raises(BackupError, match="which is the checkout"):
        check_folder(paths.REPO / "backups", shelf.must_be_apart("prod"))


def test_never_in_the_labs_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backend(monkeypatch, "https://api.pulumi.com")
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path))

    with pytest.raises(BackupError, match="the lab's state and its passphrase"):
        check_folder(tmp_path / "backups", shelf.must_be_apart("lab"))
    check_folder(tmp_path / "backups", shelf.must_be_apart("prod"))


@pytest.mark.parametrize("url", ["file://~", "file://{home}"])
def test_a_state_in_the_home_folder_leaves_the_rest_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    backend(monkeypatch, url.format(home=tmp_path))

    check_folder(shelf.default_folder(), shelf.must_be_apart("prod"))
    with pytest.raises(BackupError, match=re.escape(f"must be apart from {tmp_path}/.pulumi")):
        check_folder(tmp_path / ".pulumi" / "backups", shelf.must_be_apart("prod"))


def test_the_default_folder_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")

    assert shelf.default_folder() == Path("/data/aiswarm/backups")


def test_the_newest_are_kept_and_nothing_else_is_touched(folder: Path) -> None:
    times = [f"2026010{day}T030000Z" for day in range(1, 6)]
    mine = [shelved(folder, time=time).file for time in times]
    others = [shelved(folder, stack=stack).file for stack in ("prod", "lab-vault", "xlab")]
    (folder / "lab-vault-notes.snap").write_text("mine")

    removed = prune(folder, "lab", 2)

    assert removed == [mine[2], mine[1], mine[0]]
    left = {*mine[3:], *others}
    assert {file for file in folder.iterdir() if file.suffix == ".snap"} == {
        *left,
        folder / "lab-vault-notes.snap",
    }
    assert {file for file in folder.iterdir() if file.suffix == ".json"} == {
        f.with_suffix(".json") for f in left
    }
    assert shelf.newest(folder, "lab") == mine[-1]


def test_without_any_backup(folder: Path) -> None:
    with pytest.raises(BackupError, match="must hold a backup of stack lab, got none"):
        shelf.newest(folder, "lab")


def test_a_snapshot_without_description_is_one(folder: Path) -> None:
    file = folder / "copied.snap"
    file.write_bytes(snapshot("k3"))

    found = read(file)

    assert (found.seal_key, found.stack, found.taken) == ("k3", "", "")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"sha256": "0"}', "must describe"),
        ("no JSON", "must describe"),
        (None, "must have the sha256 of"),
    ],
)
def test_a_description_of_another_file(folder: Path, said: str | None, expected: str) -> None:
    backup = shelved(folder)
    description = backup.file.with_suffix(".json")
    other = json.dumps({**json.loads(description.read_text()), "sha256": "0" * 64})
    description.write_text(other if said is None else said)

    with pytest.raises(BackupError, match=expected):
        read(backup.file)


@dataclass
class Upstream:
    """The server's side of a snapshot."""

    pieces: list[bytes | BaseException] = field(default_factory=lambda: [snapshot()[:100], snapshot()[100:]])

    @contextmanager
    def connect(self, stack: Stack) -> Iterator[SimpleNamespace]:
        """Stand in for the logged-in client."""
        assert stack.name == "lab"
        yield SimpleNamespace(sys=self)

    def read_health_status(self, *, method: str) -> dict[str, str]:
        """What the server says of itself."""
        return {"version": "2.7.2"} if method == "GET" else {}

    @contextmanager
    def take_raft_snapshot(self) -> Iterator[Upstream]:
        """The answer whose content is the snapshot."""
        yield self

    def iter_content(self, size: int) -> Iterator[bytes]:
        """One piece after another."""
        assert size > 0
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Upstream:
    made = Upstream()
    monkeypatch.setattr(vault, "connect", made.connect)
    monkeypatch.setattr(engine, "output", lambda *_: "in use")
    know(monkeypatch, {"vault-pulumi-id-e1": "in use"})
    return made


def know(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    """Have the state hold these secrets."""
    monkeypatch.setattr("ops.backup.take.known_secrets", lambda *_, **__: values)


@pytest.mark.usefixtures("upstream")
def test_a_backup_is_written_for_the_owner_alone(lab_stack: Stack, tmp_path: Path) -> None:
    backup = take(lab_stack, tmp_path / "new" / "folder")

    assert backup.file.read_bytes() == snapshot()
    assert re.fullmatch(r"lab-vault-\d{8}T\d{6}Z\.snap", backup.file.name)
    assert read(backup.file) == backup
    for file in (backup.file, backup.file.with_suffix(".json")):
        assert file.stat().st_mode & 0o777 == 0o600
    assert backup.file.parent.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("upstream")
@pytest.mark.parametrize(
    ("known", "epoch"),
    [
        ({"vault-pulumi-id-e6": "before", "vault-pulumi-id-e7": "in use"}, 7),
        ({"vault-pulumi-id-e7": "in use", "vault-pulumi-id-e8": "waits"}, 7),
        ({"vault-pulumi-id-e10": "in use"}, 10),
        ({"vault-pulumi-id-e8": "waits", "other-e3": "in use"}, 0),
    ],
)
def test_a_backup_names_the_login_in_use_even_where_the_stack_file_is_ahead(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: dict[str, str], epoch: int
) -> None:
    know(monkeypatch, known)
    settings = lab_stack.settings.model_copy(update={"epochs": {"vault-pulumi-id": 8}})

    backup = take(dataclasses.replace(lab_stack, settings=settings), tmp_path)

    assert read(backup.file).login_epoch == epoch


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([snapshot()[:100], vault.VaultError("198.18.0.11: must answer")], vault.VaultError),
        ([snapshot()[:100]], BackupError),
        ([KeyboardInterrupt()], KeyboardInterrupt),
    ],
    ids=["broken off", "cut off", "interrupted"],
)
def test_a_failed_backup_leaves_the_others_alone(
    lab_stack: Stack,
    folder: Path,
    upstream: Upstream,
    pieces: list[bytes | BaseException],
    error: type[BaseException],
) -> None:
    shelved(folder)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    upstream.pieces = pieces

    with pytest.raises(error):
        take(lab_stack, folder)

    assert {file: file.read_bytes() for file in folder.iterdir()} == before


@pytest.mark.usefixtures("upstream")
def test_a_folder_that_cannot_be_written(lab_stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BackupError, match="must be a folder that can be written"):
        take(lab_stack, tmp_path / "file" / "backups")
