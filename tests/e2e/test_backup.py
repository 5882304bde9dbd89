"""Backups of the deployed Vault server: drills with and without the state, one broken off, and a restore."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path

import pytest

from components.render.openbao import MOUNT, external_path
from lab import environment, nodes, paths
from ops import probe, stack, vault
from ops.backup import shelf, stamp
from ops.stack import Stack
from tests.e2e.engine import Engine, inspect

SERVER = "oracle-vault"
DRILL = "oracle-vault-drill"
BY_HAND = f"{MOUNT}/metadata/{external_path('brave_api_key')}"


def argv(*arguments: str) -> tuple[str, ...]:
    return (str(paths.REPO / "swarm"), *arguments)


def swarm(*arguments: str) -> str:
    """A command that must succeed; its standard output."""
    done = subprocess.run(
        argv(*arguments), cwd=paths.REPO, text=True, capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def backup(engine: Engine, deployed: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A backup of the lab as it was deployed; the path of its file."""
    assert engine.stack == deployed.name
    said = json.loads(swarm("backup", "--to", str(tmp_path_factory.mktemp("backups")), "--json"))
    return str(said["file"])


def drilled(*arguments: str) -> set[str]:
    """Names of the checks of a drill that found nothing."""
    checks = json.loads(swarm("restore", "drill", *arguments, "--json"))
    assert [check for check in checks if not check["good"]] == []
    return {check["name"] for check in checks}


def running_since() -> object:
    """Which server runs, and since when."""
    found = inspect("oracle", SERVER)
    return found["Id"], found["State"]["StartedAt"], found["RestartCount"]


def leftovers() -> str:
    """The drill's container, and volumes without a name, which Docker makes where nobody mounts any."""
    volumes = "docker volume ls --quiet | grep -E '^[0-9a-f]{64}$' || true"
    return nodes.ssh("oracle", f"docker ps --all --quiet --filter name={DRILL}; {volumes}")


def test_a_backup_says_what_it_is_and_no_secret(deployed: Stack, backup: str) -> None:
    epoch = stack.read(deployed.name).settings.epochs.get("vault-seal", 1)
    description = json.loads(Path(backup).with_suffix(".json").read_text())

    assert (description["stack"], description["seal_key"]) == ("lab", f"k{epoch}")
    assert Path(backup).stat().st_mode & 0o777 == 0o600


def test_the_node_knows_when_the_last_backup_was_taken(deployed: Stack, backup: str) -> None:
    description = json.loads(Path(backup).with_suffix(".json").read_text())
    taken = int(datetime.fromisoformat(description["taken"]).timestamp())

    told = nodes.ssh("oracle", f"cat {stamp.FILE}").splitlines()

    assert deployed.name == "lab"
    assert f"aiswarm_backup_last_success_timestamp_seconds {taken}" in told
    assert f"aiswarm_backup_last_success_size_bytes {description['size_bytes']}" in told


def test_no_backup_beside_the_seal_key(engine: Engine) -> None:
    folder = environment.backend() / "deep"
    done = subprocess.run(
        argv("backup", "--to", str(folder)), cwd=paths.REPO, text=True, capture_output=True, check=False
    )

    assert engine.stack == "lab"
    assert done.returncode == 1
    assert "must be apart from" in done.stderr
    assert list(folder.glob("*.snap")) == []


def test_it_opens_and_the_running_server_notices_nothing(backup: str) -> None:
    before = running_since(), leftovers()

    names = drilled(backup)

    assert {"login of the program", "entries as in the state", "stays sealed with another key"} <= names
    assert {f"login of the agent on {node}" for node in ("oracle", "starlord", "thanos")} <= names
    assert (running_since(), leftovers()) == before


@pytest.fixture
def without_state() -> Iterator[None]:
    """The engine's state is out of reach during the test."""
    away = environment.backend().with_name("backend.away")
    environment.backend().rename(away)
    yield
    away.rename(environment.backend())


@pytest.mark.usefixtures("without_state")
def test_it_opens_without_the_state(backup: str) -> None:
    names = drilled(backup, "--without-state")

    assert "login of the program" not in names
    assert {"login of the agent on thanos", "opens by itself with the right one"} <= names


def test_a_drill_that_is_broken_off_leaves_nothing(backup: str) -> None:
    before = leftovers()
    with subprocess.Popen(
        argv("restore", "drill", backup), cwd=paths.REPO, text=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, start_new_session=True,
    ) as running:  # fmt: skip
        assert running.stderr is not None
        said = list(takewhile(lambda line: "scratch container starts" not in line, running.stderr))
        running.send_signal(signal.SIGINT)
        rest = running.communicate(timeout=60)[1]

    assert running.returncode != 0, said
    assert "scratch container is gone" in rest
    assert leftovers() == before


@pytest.fixture
def written_by_hand(deployed: Stack) -> Iterator[Callable[[str], None]]:
    """Writes a key that no service uses, as `./swarm keys set` does; nobody but an agent could read it."""

    def write(value: str) -> None:
        with vault.connect(deployed) as server:
            path = external_path("brave_api_key")
            server.secrets.kv.v2.create_or_update_secret(path, {"value": value}, mount_point=MOUNT)

    yield write
    with vault.connect(deployed) as server:
        server.delete(BY_HAND)


def is_written(stack: Stack) -> bool:
    """Whether the server has the key."""
    with vault.connect(stack) as server:
        return server.read(BY_HAND) is not None


@pytest.fixture
def undisturbed(engine: Engine, deployed: Stack) -> Iterator[Stack]:
    """Afterwards the engine must find nothing to do; where it does, all is put back for the other tests."""
    yield deployed
    answer = engine.run("preview", "--refresh", "--expect-no-changes")
    if answer.status != 0:
        engine.run("cancel", "--yes")
        engine.up("--refresh")
    probe.wait_healthy(deployed, timeout_seconds=180)
    assert answer.status == 0, answer.text


def test_a_restore_undoes_what_was_written_since_and_all_go_on(
    undisturbed: Stack,
    backup: str,
    written_by_hand: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    written_by_hand("after the backup")
    assert is_written(undisturbed)

    said = swarm("restore", "run", backup, "--stack", undisturbed.name, "--yes")

    assert said.splitlines()[-1] == f"next: pulumi up --refresh --stack {undisturbed.name}"
    assert not is_written(undisturbed)
    (before,) = shelf.default_folder().glob("*-before-restore.snap")
    assert shelf.read(before).stack == undisturbed.name
