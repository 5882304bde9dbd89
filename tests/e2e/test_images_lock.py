"""The image lock against a real registry: a two-architecture index, asked once and proven offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from components.catalogue.images import TAGGED
from lab import images
from lab.images.store import Store
from lab.nodes.model import REGISTRY
from lab.steps import Steps
from ops import cli
from ops.images import commands
from ops.images import lock as locking
from ops.images.lockfile import LockFile

LAB = ("--registry", f"{REGISTRY}=http://{REGISTRY}")

Catalogue = Callable[[str], LockFile]


@pytest.fixture(scope="module")
def index() -> str:
    """Redis for both architectures as the lab's registry has it: `repository:tag@digest`."""
    return images.ensure_arm64(Steps(), ("redis",))["redis"].reference


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue whose Redis has the given tag, and a lock that knows no digest of it."""
    (entry,) = (entry for entry in TAGGED if entry.name == "redis")

    def use(tagged: str) -> LockFile:
        only = (type(entry)(name="redis", tagged=tagged, user=entry.user),)
        monkeypatch.setattr(locking, "TAGGED", only)
        monkeypatch.setattr(commands, "TAGGED", only)
        lock = LockFile(tmp_path / "images.lock.json")
        lock.path.write_text(json.dumps({tagged: None}))
        monkeypatch.setattr(commands, "LockFile", lambda: lock)
        return lock

    return use


def swarm(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["images", *arguments])


def test_an_index_of_two_architectures_is_locked_and_proven_without_the_registry(
    index: str, catalogue: Catalogue
) -> None:
    tagged, _, digest = index.partition("@")
    lock = catalogue(tagged)

    result = swarm("lock", "redis", *LAB)

    assert result.exit_code == 0, result.output
    entry = lock.entries()[tagged]
    assert entry
    assert (entry["digest"], entry["platforms"]) == (digest, ["linux/amd64", "linux/arm64"])
    tags = dict(zip(entry["platforms"], tagged.rpartition(":")[2].split("-"), strict=True))
    with Store() as store:
        for platform, tag in tags.items():
            assert entry["manifests"][platform]["digest"] == store.digest("redis", tag)
    assert json.loads(swarm("verify", "--json").stdout)["proven"] == [tagged]

    arm = lock.documents / f"{entry['manifests']['linux/arm64']['config'].removeprefix('sha256:')}.json"
    arm.write_bytes(arm.read_bytes().replace(b"arm64", b"amd64"))
    assert swarm("verify").exit_code == 1


def test_an_image_of_one_architecture_is_refused_for_an_arm_node(index: str, catalogue: Catalogue) -> None:
    repository, _, tag = index.partition("@")[0].rpartition(":")
    lock = catalogue(f"{repository}:{tag.partition('-')[0]}")

    result = swarm("lock", "redis", *LAB)

    assert result.exit_code == 1
    assert "must be built for linux/arm64, which oracle-redis runs on, got only linux/amd64" in result.stderr
    assert list(lock.entries().values()) == [None]


def test_a_tag_that_the_registry_has_not_is_told(catalogue: Catalogue) -> None:
    catalogue(f"{REGISTRY}/aiswarm/redis:never-built")

    result = swarm("lock", "redis", *LAB)

    assert result.exit_code == 1
    assert "got status 404 for manifests/never-built; correct the tag" in result.stderr


def test_a_registry_that_is_away_is_told(catalogue: Catalogue) -> None:
    catalogue(f"{REGISTRY}/aiswarm/redis:any")

    result = swarm("lock", "redis", "--registry", f"{REGISTRY}=http://127.0.0.1:1")

    assert result.exit_code == 1
    assert f"{REGISTRY} must answer, got " in result.stderr
