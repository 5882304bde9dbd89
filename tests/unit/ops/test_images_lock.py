"""The image lock as an operator meets it: what is written, what stays, and what a broken chain looks like."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from components.catalogue import images
from components.catalogue.images import LOCK, TAGGED
from ops import cli
from ops.images import commands
from ops.images import lock as locking
from ops.images.lockfile import LockError, LockFile
from ops.images.registry import Registry
from tests.unit.ops.fake_registry import BOTH, FakeRegistry

REDIS = next(entry.tagged for entry in TAGGED if entry.name == "redis")
GRAFANA = next(entry.tagged for entry in TAGGED if entry.name == "grafana")


def statement(days: int = 5) -> dict[str, str]:
    """Why an image is only claimed, for some days from today."""
    today = datetime.now(UTC).date()
    until = {"granted": today.isoformat(), "expires": (today + timedelta(days=days)).isoformat()}
    return {"reason": "no registry was asked yet", "owner": "operator", **until}


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockFile:
    """A copy of the committed lock as it was before any registry was asked."""
    found = LockFile(tmp_path / LOCK.name)
    claims = {
        tagged: entry
        and {
            "digest": entry["digest"],
            "platforms": entry["platforms"],
            "resolved": False,
            "unproven": statement(),
        }
        for tagged, entry in LockFile().entries().items()
    }
    found.path.write_text(json.dumps(claims, indent=2) + "\n")
    monkeypatch.setattr(commands, "LockFile", lambda: found)
    return found


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, lock: LockFile) -> FakeRegistry:
    """The registry that all of the world's addresses lead to; it has Redis and Grafana."""
    assert lock.path.exists()
    fake = FakeRegistry()
    fake.index(f"library/{REDIS}", dict.fromkeys(BOTH, "999:1000"))
    fake.index(GRAFANA, dict.fromkeys(BOTH, "472"))
    monkeypatch.setattr(locking, "Registry", lambda address: Registry(address, transport=fake.transport()))
    return fake


def swarm(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["images", *arguments], env={"COLUMNS": "200"})


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


def test_a_locked_image_is_proven_without_any_registry(lock: LockFile, registry: FakeRegistry) -> None:
    swarm("lock", "redis", "grafana")
    registry.asked.clear()

    found = json.loads(swarm("verify", "--allow-claimed", "--json").stdout)

    assert sorted(found["proven"]) == sorted((REDIS, GRAFANA))
    assert found["problems"] == []
    assert registry.asked == []
    assert lock.documents.exists()


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("number", range(5))
def test_one_changed_bit_in_any_document_is_found(lock: LockFile, number: int) -> None:
    swarm("lock", "redis")
    file = sorted(lock.documents.iterdir())[number]
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)

    result = swarm("verify", "--allow-claimed")

    assert result.exit_code == 1
    assert f"{REDIS}: the document sha256:{file.stem} must be of that digest" in result.stderr


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "platforms",
            ["linux/amd64"],
            f"{REDIS}: entry must say what its documents say, got other ",
        ),
        ("manifests", {}, f"{REDIS}: entry must say what its documents say, got other manifests"),
        ("digest", f"sha256:{'0' * 64}", f"{REDIS}: images.lock.d/{'0' * 64}.json must be readable"),
    ],
)
@pytest.mark.usefixtures("registry")
def test_an_entry_that_says_something_else_than_its_documents_is_found(
    lock: LockFile, key: str, value: object, line: str
) -> None:
    swarm("lock", "redis")
    entries = lock.entries()
    entries[REDIS] = {**(entries[REDIS] or {}), key: value}
    lock.path.write_text(json.dumps(entries))

    result = swarm("verify", "--allow-claimed")

    assert result.exit_code == 1
    assert any(found.startswith(line) for found in result.stderr.splitlines()), result.stderr


def test_a_tag_that_the_catalogue_has_given_up_is_found(lock: LockFile) -> None:
    entries = lock.entries()
    entries["redis:7.0.0"] = entries.pop(REDIS)
    lock.path.write_text(json.dumps(entries))

    lines = swarm("verify", "--allow-claimed").stderr.splitlines()

    assert lines == [
        "redis:7.0.0: must be in the catalogue to stay in images.lock.json; remove its entry",
        f"{REDIS}: must be in images.lock.json; ./swarm images lock",
    ]


def test_a_claim_is_a_finding_unless_it_is_allowed(lock: LockFile) -> None:
    plain, allowed = swarm("verify"), swarm("verify", "--allow-claimed")

    assert (plain.exit_code, allowed.exit_code) == (1, 0)
    assert f"{REDIS}: must be proven by its documents, got a claim; ./swarm images lock" in plain.stderr
    assert "aiswarm/gpt-researcher:0.15.1: must be proven by its documents, got no digest" in plain.stderr
    assert len(plain.stderr.splitlines()) == len(lock.entries())
    assert "no registry was asked yet, 5 days left: " in allowed.stdout


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            None,
            "must be proven, or say in `unproven` why not, who answers for it, and until when, got neither",
        ),
        (statement(days=-1), "when its statement ended, got a claim"),
    ],
)
def test_a_claim_without_a_statement_that_holds_is_always_a_finding(
    lock: LockFile, said: dict[str, str] | None, line: str
) -> None:
    entries = lock.entries()
    entries[REDIS] = {**(entries[REDIS] or {}), "unproven": said}
    lock.path.write_text(json.dumps(entries))

    result = swarm("verify", "--allow-claimed")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert line in result.stderr


def test_a_proof_takes_the_place_of_the_statement(lock: LockFile, registry: FakeRegistry) -> None:
    swarm("lock", "redis")

    entry = lock.entries()[REDIS] or {}

    assert "unproven" not in entry
    assert entry["asked"] == datetime.now(UTC).date().isoformat()
    assert registry.asked


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("999", True),
        ("999:1000", True),
        ("", True),
        ("redis", True),
        ("0", True),
        ("1000", False),
        ("999:5", False),
    ],
)
def test_an_image_that_is_built_for_another_number_than_it_runs_as_is_found(
    lock: LockFile, registry: FakeRegistry, own: str, said: bool
) -> None:
    registry.index(f"library/{REDIS}", dict.fromkeys(BOTH, own))
    swarm("lock", "redis")

    result = swarm("verify", "--allow-claimed")

    assert result.exit_code == (0 if said else 1)
    line = (
        f"{REDIS}: catalogue's user must be {own}, which the image for linux/arm64 is built for, got 999:1000"
    )
    assert (line in result.stderr) != said
    shown = f"{REDIS}: would run as {own or 'root'}, and runs as 999:1000"
    assert (shown in result.stdout) == (own in {"", "redis"})
    assert lock.documents.exists()


@pytest.mark.parametrize("text", ["", "[]", '{"redis:8": {"digest": "x"}}'])
def test_a_lock_that_is_none_is_told_in_one_line(lock: LockFile, text: str) -> None:
    lock.path.write_text(text)

    with pytest.raises(LockError, match=r"^images\.lock\.json: .*git checkout"):
        replace(lock).entries()


def test_the_committed_lock_holds() -> None:
    """Its statements end on a day from which this fails: until then somebody must ask the registries."""
    result = swarm("verify", "--allow-claimed")

    assert result.exit_code == 0, result.stderr
