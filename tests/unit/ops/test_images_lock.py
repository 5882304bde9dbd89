"""The image lock as an operator writes it: what is asked, what is written, and what stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from components.catalogue import images
from components.catalogue.images import TAGGED
from ops.images.lockfile import LockFile
from tests.unit.ops.fake_registry import BOTH, FakeRegistry
from tests.unit.ops.image_lock import GRAFANA, REDIS, swarm


def test_what_was_asked_for_is_locked_and_every_other_entry_stays(
    lock: LockFile, registry: FakeRegistry
) -> None:
    before = lock.entries()

    result = swarm("lock", "redis", "grafana")

    assert result.exit_code == 0, result.output
    after = lock.entries()
    assert {tagged for tagged in after if after[tagged] != before[tagged]} == {REDIS, GRAFANA}
    assert list(after) == list(before)
    entry = after[REDIS]
    assert entry
    assert (entry["digest"], entry["resolved"]) == (registry.tags[f"library/{REDIS}"], True)
    assert entry["manifests"]["linux/arm64"]["user"] == "999:1000"
    assert "another digest than claimed" in result.stdout


def test_the_catalogue_reads_what_was_locked(
    lock: LockFile, registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    swarm("lock", "redis")
    monkeypatch.setattr(images, "LOCK", lock.path)

    found = images._images()["redis"]

    assert found.reference == f"{REDIS}@{registry.tags[f'library/{REDIS}']}"
    assert found.runs_on("arm64")


def test_a_dry_run_asks_and_writes_nothing(lock: LockFile, registry: FakeRegistry) -> None:
    before = lock.path.read_bytes()

    result = swarm("lock", "redis", "--dry-run")

    assert (result.exit_code, lock.path.read_bytes()) == (0, before)
    assert registry.asked
    assert not lock.documents.exists()


def test_every_problem_is_told_and_what_was_found_is_locked_all_the_same(
    lock: LockFile, registry: FakeRegistry
) -> None:
    result = swarm("lock", "redis", "haproxy", "litellm")

    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [
        "ghcr.io/berriai/litellm-non_root",
        "haproxy",
    ]
    assert (lock.entries()[REDIS] or {})["resolved"]
    assert registry.asked


def test_nothing_is_written_when_nothing_was_found(lock: LockFile, registry: FakeRegistry) -> None:
    before = lock.path.read_bytes()
    registry.fault = lambda _: httpx.Response(503)

    result = swarm("lock")

    assert (result.exit_code, lock.path.read_bytes()) == (1, before)
    own = [entry for entry in TAGGED if entry.tagged.startswith("aiswarm/")]
    assert len(result.stderr.splitlines()) == len(TAGGED) - len(own)


def test_our_own_images_are_no_strangers(registry: FakeRegistry) -> None:
    """Docker Hub would answer for that name with whatever somebody has put there."""
    result = swarm("lock", "gpt-researcher")

    assert result.exit_code == 2
    assert "aiswarm/gpt-researcher:0.15.1: must be in a registry of yours; push it" in result.stderr
    assert registry.asked == []


@pytest.mark.parametrize(
    "arguments", [("no-such-image",), ("redis", "--registry", "docker.io=http://mirror.test")]
)
def test_wrong_arguments_are_told_before_anybody_is_asked(
    registry: FakeRegistry, arguments: tuple[str, ...]
) -> None:
    assert swarm("lock", *arguments).exit_code == 2
    assert registry.asked == []


def test_an_image_for_amd64_alone_is_not_locked_for_oracle(lock: LockFile, registry: FakeRegistry) -> None:
    registry.tag(f"library/{REDIS}", registry.image("linux/amd64", "999:1000"))

    result = swarm("lock", "redis")

    assert result.exit_code == 1
    assert "must be built for linux/arm64, which oracle-redis runs on, got only linux/amd64" in result.stderr
    assert not (lock.entries()[REDIS] or {})["resolved"]


def test_a_moved_tag_is_told_and_the_old_documents_go(lock: LockFile, registry: FakeRegistry) -> None:
    swarm("lock", "redis", "grafana")
    first = set(lock.documents.iterdir())
    registry.index(f"library/{REDIS}", dict.fromkeys(BOTH, "999"))

    (row,) = json.loads(swarm("lock", "redis", "--json").stdout)

    assert row["change"] == "the tag has moved"
    assert set(lock.documents.iterdir()) != first
    assert swarm("verify", "--allow-claimed").exit_code == 0


@pytest.mark.usefixtures("registry")
def test_asking_again_changes_nothing(lock: LockFile) -> None:
    swarm("lock", "redis")
    before = {file: file.read_bytes() for file in (lock.path, *lock.documents.iterdir())}

    result = swarm("lock", "redis")

    assert "unchanged" in result.stdout
    assert {file: file.read_bytes() for file in (lock.path, *lock.documents.iterdir())} == before


@pytest.mark.usefixtures("registry")
def test_an_interrupted_write_leaves_the_lock_as_it_was(
    lock: LockFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lock.path.read_bytes()
    whole = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if Path(target) == lock.path:
            raise KeyboardInterrupt
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", interrupted)

    swarm("lock", "redis")

    assert lock.path.read_bytes() == before
    assert [file.name for file in lock.path.parent.iterdir() if file.name.startswith(".")] == []


def test_a_proof_takes_the_place_of_the_statement(lock: LockFile, registry: FakeRegistry) -> None:
    swarm("lock", "redis")

    entry = lock.entries()[REDIS] or {}

    assert "unproven" not in entry
    assert entry["asked"] == datetime.now(UTC).date().isoformat()
    assert registry.asked
