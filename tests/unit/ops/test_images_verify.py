"""The image lock as an operator proves it: broken chains, claims, users and strays."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ops.images.lockfile import LockError, LockFile
from tests.unit.ops.fake_registry import BOTH, FakeRegistry
from tests.unit.ops.image_lock import GRAFANA, REDIS, statement, swarm


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
