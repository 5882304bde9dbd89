"""Rotations of a deployed swarm: proven by the command itself, and once more by asking the services here."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab import nodes, paths
from ops import probe, stack, vault
from ops.rotate.certificates import served
from ops.secret_values import known_secrets
from ops.stack import Stack
from tests.e2e.engine import Config, Engine, inspect
from tests.e2e.waiting import eventually

TIMEOUT_SECONDS = 600
REDIS_PORT, VAULT_PORT = 6379, 8200


def rotate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Type `./swarm rotate …`."""
    return subprocess.run(
        (str(paths.REPO / "swarm"), "rotate", *arguments),
        cwd=paths.REPO, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS,
    )  # fmt: skip


def rotated(name: str) -> Config:
    """Rotate and return what the command says of it."""
    done = rotate(name, "--apply", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    outcome: Config = json.loads(done.stdout)
    assert outcome["proven"], outcome
    return outcome


@pytest.fixture(scope="module")
def settled(engine: Engine, deployed: Stack) -> Iterator[Stack]:
    """After all of it there must be nothing to change, and everything healthy again."""
    yield deployed
    engine.ok("up", "--yes", "--skip-preview", "--expect-no-changes")
    probe.wait_healthy(stack.read(deployed.name), timeout_seconds=180)


@pytest.fixture
def quiet(settled: Stack) -> Stack:
    """Healthy. A rotation refuses to begin otherwise, or where the one before has left anything to change."""
    probe.wait_healthy(settled, timeout_seconds=180)
    return settled


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Lines for whoever watches the tests."""
    lines: list[str] = []
    yield lines
    with capsys.disabled():
        sys.stdout.write("".join(f"\n    {line}" for line in lines))


def redis_says(address: str, password: str) -> str:
    with socket.create_connection((address, REDIS_PORT), timeout=10) as connection:
        connection.sendall(f"AUTH swarm {password}\r\n".encode())
        return connection.recv(256).decode()


def test_redis_password(quiet: Stack, shown: list[str]) -> None:
    address = str(quiet.nodes["oracle"].address)
    old = known_secrets(quiet.name)["redis-password"]
    assert redis_says(address, old).startswith("+OK")

    outcome = rotated("redis-password")

    new = known_secrets(quiet.name)["redis-password"]
    assert redis_says(address, new).startswith("+OK")
    assert redis_says(address, old).startswith("-WRONGPASS")
    gaps = {gap["service"]: gap["away_seconds"] for gap in outcome["gaps"]}
    assert 0 < gaps["oracle-redis"] < 60
    shown.extend(f"{service} away for {seconds:.1f} s" for service, seconds in gaps.items())
    shown.append(f"the whole rotation took {outcome['seconds']:.0f} s")


def test_a_database_role_is_altered_while_the_server_runs(quiet: Stack) -> None:
    before = inspect("oracle", "oracle-postgres")

    outcome = rotated("litellm-database-password")

    after = inspect("oracle", "oracle-postgres")
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    assert {gap["service"]: gap["away_seconds"] for gap in outcome["gaps"]} == {"oracle-postgres": 0}
    assert quiet.settings.gateway.database is False


def test_an_agents_login(quiet: Stack) -> None:
    before = inspect("oracle", "oracle-agent")["Id"]

    rotated("oracle-agent-id")

    assert inspect("oracle", "oracle-agent")["Id"] == before
    assert quiet.name == "lab"


def test_the_programs_own_login(quiet: Stack) -> None:
    old = stack.output(quiet.name, "vault_secret_id")

    rotated("vault-pulumi-id")

    assert stack.output(quiet.name, "vault_secret_id") != old
    with vault.connect(quiet) as client:
        assert client.is_authenticated()


def test_the_vault_servers_certificate(quiet: Stack) -> None:
    address = str(quiet.nodes["oracle"].address)
    before, old = inspect("oracle", "oracle-vault"), served(address, VAULT_PORT)

    rotated("vault-tls")

    after = inspect("oracle", "oracle-vault")
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    assert served(address, VAULT_PORT) != old
    with vault.connect(stack.read(quiet.name)) as client:
        assert client.is_authenticated()


def test_what_cannot_be_rotated_changes_nothing(engine: Engine, settled: Stack) -> None:
    before = engine.identities()

    refused = [rotate(name, "--apply", "--yes") for name in ("redis-pasword", "litellm-salt-key")]

    assert [done.returncode for done in refused] == [2, 2]
    assert all("nothing was changed" in done.stderr for done in refused)
    assert engine.identities() == before
    assert settled.name == "lab"


def test_the_seal_key(quiet: Stack, shown: list[str]) -> None:
    outcome = rotated("vault-seal")

    (gap,) = outcome["gaps"]
    shown.append(f"{gap['service']} away for {gap['away_seconds']:.1f} s")
    assert gap["service"] == "oracle-vault"
    assert quiet.name == "lab"


def test_server_and_agent_start_again_with_what_they_have_now(settled: Stack) -> None:
    nodes.ssh("oracle", "docker restart oracle-vault")
    status = "docker exec oracle-vault bao status -format=json || true"
    eventually(lambda: '"sealed": false' in nodes.ssh("oracle", status), within_seconds=60)

    nodes.ssh("oracle", "docker restart oracle-agent")
    said = f"docker logs --since {inspect('oracle', 'oracle-agent')['State']['StartedAt']} oracle-agent 2>&1"
    eventually(lambda: "authentication successful" in nodes.ssh("oracle", said), within_seconds=60)
    assert settled.name == "lab"
