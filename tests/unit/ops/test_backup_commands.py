"""`./swarm backup` and `./swarm restore` as an operator meets them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import Mock

import pytest
import typer
from typer.testing import CliRunner, Result

from components.catalogue.swarm import swarm as all_services
from lab import paths
from ops.backup import commands, declared, place, put_back, shelf, source
from ops.backup.checks import Check
from ops.backup.declared import AgentId, Declared, Entry
from ops.backup.drill import Drill
from ops.backup.shelf import Backup
from ops.backup.snapshot import BackupError
from ops.backup.source import Source
from ops.stack import Stack
from ops.vault import VaultError
from tests.unit.ops.backup_samples import shelved, source_of

app = typer.Typer()
app.command("backup")(commands.backup_command)
app.add_typer(commands.restore_app, name="restore")

GOOD = Check("takes the backup", seconds=5.6)
FINDING = Check("entries as in the state", good=False, detail="thanos/vllm: other [bold]key[/bold]")


def swarm(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=answers, env={"COLUMNS": "250"})


@dataclass
class World:
    """A stack, a folder of backups, and what was done to the server."""

    folder: Path
    checks: list[Check] = field(default_factory=lambda: [GOOD])
    drills: list[Drill] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """The nodes on which drills were made."""

    restored: list[Path] = field(default_factory=list)
    drifted: dict[str, list[str]] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)
    stamp: Mock = field(default_factory=lambda: Mock(return_value=True))

    def run(self, drill: Drill, tell: Callable[[Check], None]) -> list[Check]:
        """Stand in for a drill."""
        self.drills.append(drill)
        with drill.place():
            pass
        for check in self.checks:
            tell(check)
        return self.checks

    def put_back(self, _: Stack, backup: Backup) -> None:
        """Stand in for the server."""
        self.restored.append(backup.file)


def taken(_: Stack, folder: Path, *, mark: str = "") -> Backup:
    """Stand in for a backup of the running server."""
    return shelved(folder, time=f"20260601T030000Z{mark}")


@pytest.fixture(autouse=True)
def world(lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(paths.REPO)
    made = World(tmp_path / "data" / "aiswarm" / "backups")
    made.folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(commands, "open_stack", lambda _: lab_stack)
    monkeypatch.setattr(source, "stack_without_engine", lambda _: lab_stack)
    monkeypatch.setattr(source, "from_state", source_of)
    monkeypatch.setattr(source, "from_nodes", lambda _: Source(seal_key=str, node_id=str))
    monkeypatch.setattr(shelf, "pulumi", lambda *_: json.dumps({"url": f"file://{tmp_path}/state"}))
    monkeypatch.setattr(commands, "take", taken)
    monkeypatch.setattr(commands, "stamp", made.stamp)

    def run(drill: Drill, tell: Callable[[Check], None]) -> list[Check]:
        return made.run(drill, tell)

    monkeypatch.setattr(Drill, "run", run)

    @contextlib.contextmanager
    def on(node: str, *_: object) -> Iterator[None]:
        made.places.append(node)
        yield

    monkeypatch.setattr(place, "on", on)
    known = Declared({"thanos/vllm": Entry("urn:x", {})}, (AgentId("node-thanos", "a", "b"),))
    monkeypatch.setattr(declared, "read", lambda _: known)
    monkeypatch.setattr(put_back, "put_back", made.put_back)
    monkeypatch.setattr(put_back, "drifted", lambda *_: made.drifted)
    monkeypatch.setattr(put_back, "make_way", lambda *_: made.renamed)
    return made


def test_a_backup_goes_to_the_default_folder_and_old_ones_go(world: World) -> None:
    old = [shelved(world.folder, time=f"2026010{day}T030000Z").file for day in (1, 2)]

    result = swarm("backup", "--keep", "2")

    assert result.exit_code == 0
    assert f"{world.folder}/lab-vault-20260601T030000Z.snap: " in result.stdout
    assert "opens with seal key k1" in result.stdout
    assert f"removed {old[0]}" in result.stdout
    assert (old[0].exists(), old[1].exists()) == (False, True)


def test_a_backup_as_json(world: World, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()

    found = json.loads(swarm("backup", "--to", str(tmp_path / "to"), "--json").stdout)

    assert (found["stack"], found["seal_key"], found["removed"]) == ("lab", "k1", [])
    assert Path(found["file"]).parent == tmp_path / "to"
    assert (found["stamped"], world.stamp.call_count) == (True, 1)


def test_a_backup_beside_the_state_is_not_even_begun(tmp_path: Path) -> None:
    result = swarm("backup", "--to", str(tmp_path / "state" / "backups"))

    assert isinstance(result.exception, BackupError)
    assert "holds the Pulumi state, and in it the seal key" in str(result.exception)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", "--keep", "0"),
        ("restore", "drill", "/no/such.snap"),
        ("restore", "run", "/no/such.snap", "--stack", "lab"),
        ("restore", "run"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert swarm(*arguments).exit_code == 2


def test_the_newest_backup_is_drilled_where_none_is_named(world: World) -> None:
    shelved(world.folder)
    newest = shelved(world.folder, time="20260301T030000Z").file

    result = swarm("restore", "drill")

    assert result.exit_code == 0
    assert [drill.backup.file for drill in world.drills] == [newest]
    assert world.places == ["oracle"]
    assert world.drills[0].source.has_state
    assert "takes the backup" in result.stdout


def test_a_finding_is_shown_letter_by_letter(world: World) -> None:
    file = shelved(world.folder).file
    world.checks = [GOOD, FINDING]

    result = swarm("restore", "drill", str(file))

    assert result.exit_code == 1
    assert FINDING.detail in result.stdout
    assert "entries as in the state: failed" in result.stderr


def test_a_drill_as_json_without_the_state(world: World) -> None:
    shelved(world.folder)
    world.checks = [GOOD, FINDING]

    result = swarm("restore", "drill", "--without-state", "--json")

    assert [check["good"] for check in json.loads(result.stdout)] == [True, False]
    assert result.exit_code == 1
    assert not world.drills[0].source.has_state


def test_a_drill_on_a_node_that_there_is_not(world: World) -> None:
    shelved(world.folder)

    result = swarm("restore", "drill", "--node", "titan")

    assert result.exit_code == 2
    assert "--node: must be one of oracle, starlord, thanos, got 'titan'" in result.stderr


def test_a_broken_backup_is_never_sent(world: World) -> None:
    file = shelved(world.folder).file
    file.write_bytes(file.read_bytes()[:-1])

    for arguments in (("drill", str(file)), ("run", str(file), "--stack", "lab", "--yes")):
        assert isinstance(swarm("restore", *arguments).exception, BackupError)
    assert (world.drills, world.restored) == ([], [])


def test_nothing_is_replaced_without_a_yes(world: World) -> None:
    file = shelved(world.folder).file

    result = swarm("restore", "run", str(file), "--stack", "lab", answers="n\n")

    assert result.exit_code == 1
    assert "by what it held at 20260101T030000Z?" in result.stdout
    assert world.restored == []


def test_a_restore_says_what_to_run_next(world: World, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    file = shelved(tmp_path / "state").file
    world.drifted, world.renamed = {"thanos/vllm": ["key"]}, ["node-thanos"]

    result = swarm("restore", "run", str(file), "--stack", "lab", "--yes")

    assert result.exit_code == 0
    assert (world.restored, world.stamp.call_count) == ([file], 0), "only backups of every day are told of"
    before = world.folder / "lab-vault-20260601T030000Z-before-restore.snap"
    assert f"{before}: what the server holds until now" in result.stdout
    assert before.exists()
    assert shelf.backups(world.folder, "lab") == []
    assert shelf.backups(file.parent, "lab") == [file]
    assert "node-thanos: its agent can log in again after the next command" in result.stdout
    assert "thanos/vllm: other key than in the state; the next command writes them anew" in result.stdout
    assert result.stdout.splitlines()[-1] == "next: pulumi up --refresh --stack lab --replace 'urn:x'"


def test_a_backup_under_a_key_that_the_server_does_not_have(lab_stack: Stack, tmp_path: Path) -> None:
    backup = shelved(tmp_path, key_id="k7")

    with pytest.raises(BackupError, match=r"must be sealed with a key of the server's \(k1\), got k7"):
        put_back.check_fits(lab_stack, backup)
    put_back.check_fits(lab_stack, shelved(tmp_path, time="20260201T030000Z"))


def test_a_backup_of_another_stack(lab_stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="must be a backup of stack lab, got one of prod"):
        put_back.check_fits(lab_stack, shelved(tmp_path, stack="prod"))


@pytest.mark.parametrize(("epoch", "refused"), [(0, False), (3, True), (4, False), (5, False), (6, True)])
def test_a_backup_with_a_login_that_the_state_no_longer_has(
    lab_stack: Stack, tmp_path: Path, epoch: int, refused: bool
) -> None:
    settings = lab_stack.settings.model_copy(update={"epochs": {"vault-pulumi-id": 5}})
    stack = Stack("lab", settings, lab_stack.services)
    said = rf"must know the program's login of epoch 5, or the one before, got epoch {epoch}; choose a newer"

    with pytest.raises(BackupError, match=said) if refused else contextlib.nullcontext():
        put_back.check_fits(stack, shelved(tmp_path, login_epoch=epoch))


@pytest.mark.parametrize("error", [BackupError("no space left"), VaultError("must be unsealed")])
def test_nothing_is_replaced_that_could_not_be_kept_unless_told_so(
    world: World, monkeypatch: pytest.MonkeyPatch, error: BackupError | VaultError
) -> None:
    def fail(*_: object, **__: object) -> Backup:
        raise error

    monkeypatch.setattr(commands, "take", fail)
    file = shelved(world.folder).file
    restore = ("restore", "run", str(file), "--stack", "lab", "--yes")

    refused = swarm(*restore).exception

    assert isinstance(refused, BackupError)
    fix = "where the server cannot give a backup: --without-backup"
    assert str(refused) == f"{error}; nothing was replaced; {fix}"
    assert world.restored == []
    result = swarm(*restore, "--without-backup")
    assert (result.exit_code, world.restored) == (0, [file])
    assert "what the server holds until now" not in result.stdout


def test_what_a_restore_replaces_is_never_kept_beside_the_state(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shelved(world.folder).file
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "state"))

    refused = swarm("restore", "run", str(file), "--stack", "lab", answers="y\n")

    assert isinstance(refused.exception, BackupError)
    assert "seal key; set XDG_DATA_HOME to another folder" in str(refused.exception)
    assert "Replace all" not in refused.stdout
    assert world.restored == []
    assert not (tmp_path / "state").exists()


def test_the_servers_keys_are_the_two_newest(lab_stack: Stack) -> None:
    settings = lab_stack.settings.model_copy(update={"epochs": {"vault-seal": 3}})
    services = tuple(spec for specs in all_services(settings).values() for spec in specs)

    assert put_back.seal_keys(Stack("lab", settings, services)) == ["k3", "k2"]
