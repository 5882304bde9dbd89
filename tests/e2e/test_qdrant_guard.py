"""The guard around up on the lab's own Qdrant: what it sees, what it lets pass, and what it says."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from components.model.endpoints import QDRANT_NODE, external_endpoints
from lab import nodes, paths
from lab.fakes.qdrant.shelf import BEFORE
from lab.nodes.existing import QDRANT
from ops.stack import Stack
from tests.e2e.waiting import eventually

SCRATCH = "scratch-of-the-guards-test"


@dataclass
class Owner:
    """Whoever the database belongs to, beside `./swarm` with a state folder of its own."""

    database: httpx.Client
    state: Path

    def swarm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without a terminal."""
        return subprocess.run(
            ("./swarm", *arguments), cwd=paths.REPO, text=True, capture_output=True, check=False, timeout=580,
            env={**os.environ, "XDG_STATE_HOME": str(self.state), "AISWARM_STATE": str(paths.state_dir())},
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def make(self, collection: str, points: int) -> None:
        """Have a collection with as many points."""
        body = {"vectors": {"size": 1, "distance": "Cosine"}}
        self.database.put(f"/collections/{collection}", json=body).raise_for_status()
        wanted = {"points": [{"id": number, "vector": [1.0]} for number in range(points)]}
        self.database.put(f"/collections/{collection}/points", json=wanted).raise_for_status()

    def drop(self, collection: str) -> None:
        """Remove one, if it is there."""
        self.database.delete(f"/collections/{collection}").raise_for_status()

    def answers(self) -> bool:
        """Whether the database is back."""
        try:
            return self.database.get("/readyz").is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def owner(deployed: Stack, tmp_path: Path) -> Iterator[Owner]:
    (qdrant,) = external_endpoints(deployed.settings)
    with httpx.Client(base_url=f"http://{qdrant.address}", timeout=30, trust_env=False) as database:
        found = Owner(database, tmp_path)
        yield found
        nodes.ssh(QDRANT_NODE, f"docker start {QDRANT}")
        eventually(found.answers, within_seconds=60)
        found.drop(SCRATCH)


def test_the_fingerprint_is_what_docker_and_the_database_say(owner: Owner) -> None:
    owner.make(SCRATCH, 5)

    shown = json.loads(owner.swarm("guard", "before", "--json").stdout)

    (container,) = shown["fingerprint"]["containers"]
    look = f"docker inspect --format '{{{{.Id}}}} {{{{.State.StartedAt}}}}' {QDRANT}"
    assert f"{container['id']} {container['started_at']}" == nodes.ssh(QDRANT_NODE, look).strip()
    assert container["mounts"] == [{"source": QDRANT, "target": "/qdrant/storage", "writable": True}]
    assert shown["fingerprint"]["collections"] == {BEFORE: 3, SCRATCH: 5}


def test_an_up_leaves_it_alone_and_says_so(owner: Owner) -> None:
    done = owner.swarm("up", "--wait", "180", "--", "--yes", "--suppress-outputs")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "guarding qdrant: 1 collections" in done.stdout
    assert "qdrant: as it was before" in done.stdout
    assert "aiswarm@" in done.stdout.partition("Policies:")[2]
    after = owner.swarm("guard", "after")
    assert after.returncode == 0, after.stdout + after.stderr


def test_a_restart_and_a_lost_collection_are_said(owner: Owner) -> None:
    owner.make(SCRATCH, 2)
    assert owner.swarm("guard", "before").returncode == 0
    owner.drop(SCRATCH)
    nodes.ssh(QDRANT_NODE, f"docker restart {QDRANT}")
    eventually(owner.answers, within_seconds=60)

    done = owner.swarm("guard", "after")

    assert done.returncode == 1
    assert "starlord.qdrant: must have run since " in done.stdout
    assert f"starlord.qdrant.collections.{SCRATCH}: must be there after an update, got no such" in done.stdout


def test_without_it_nothing_is_run(owner: Owner) -> None:
    nodes.ssh(QDRANT_NODE, f"docker stop {QDRANT}")

    done = owner.swarm("up", "--", "--yes")

    assert done.returncode == 1
    assert "nothing was run, because Qdrant is not as it must be before:" in done.stderr
    assert "starlord.qdrant: must run, got a stopped container" in done.stderr
    assert "Updating" not in done.stdout
