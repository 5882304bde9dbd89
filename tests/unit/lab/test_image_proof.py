"""The lock of the lab's own images: written from its registry, believed by the policy pack."""

from __future__ import annotations

import json
from functools import partial
from io import StringIO
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from lab import environment
from lab.images import LabImage
from lab.images.proof import write_lock
from lab.nodes.model import REGISTRY
from lab.process import StepError
from lab.steps import Steps
from ops.images.lockfile import LockFile
from ops.images.registry import Registry
from policy.rules.support.lock import Locks, Proven
from tests.policy.locks import DAY
from tests.unit.ops.fake_registry import FakeRegistry

NAME = "aiswarm/redis:0a1b"


@pytest.fixture
def registry() -> FakeRegistry:
    """The lab's registry with an image of one architecture, as the lab builds them."""
    fake = FakeRegistry()
    fake.tag(NAME, fake.image("linux/amd64", "999"))
    return fake


def image(registry: FakeRegistry) -> LabImage:
    reference = f"{REGISTRY}/{NAME}@{registry.tags[NAME]}"
    return LabImage(name="redis", reference=reference, stand_in=False, platforms=("linux/amd64",))


def write(registry: FakeRegistry, file: Path) -> None:
    steps = Steps(Console(file=StringIO()))
    write_lock(steps, [image(registry)], file, connect=partial(Registry, transport=registry.transport()))


def test_the_policies_believe_what_is_written(registry: FakeRegistry, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.lab.images.lock.json"

    write(registry, file)

    known = Locks(file).find(image(registry).reference, DAY)
    assert isinstance(known, Proven)
    assert set(known.chain.built) == {"linux/amd64"}


def test_it_is_written_once_and_anew_for_another_image(registry: FakeRegistry, tmp_path: Path) -> None:
    file = tmp_path / "lock.json"
    write(registry, file)
    registry.asked.clear()
    write(registry, file)
    assert registry.asked == []

    before = set(LockFile(file).documents.iterdir())
    registry.tag(NAME, registry.image("linux/amd64", "1000"))
    write(registry, file)

    assert set(LockFile(file).documents.iterdir()).isdisjoint(before)
    assert len(json.loads(file.read_text())) == 1


def test_an_image_that_is_gone_is_told(registry: FakeRegistry, tmp_path: Path) -> None:
    registry.fault = lambda _: httpx.Response(404)

    with pytest.raises(StepError, match="redis:0a1b"):
        write(registry, tmp_path / "lock.json")

    assert not (tmp_path / "lock.json").exists()


def test_it_lies_where_the_policies_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path))
    assert environment.config_file() == tmp_path / "Pulumi.lab.yaml"
    assert environment.image_lock() == tmp_path / "Pulumi.lab.images.lock.json"
