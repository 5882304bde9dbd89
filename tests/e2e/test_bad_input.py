"""Bad input, on the real engine: one clear message, and nothing was created."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import nodes
from lab.nodes import access
from lab.nodes.model import plan_of
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine
from tests.e2e.probe_program import Probe, pause_image, running_probe

NODES = "aiswarm:nodes"


def unknown_key(config: Config) -> None:
    config[NODES]["oracle"]["adress"] = "198.18.0.11"


def missing_node(config: Config) -> None:
    del config[NODES]["thanos"]


def wrong_type(config: Config) -> None:
    config[NODES]["oracle"]["memory_mib"] = "lots"


def too_much_memory(config: Config) -> None:
    config["aiswarm:limits"]["oracle-postgres"]["memory_mib"] = 999_999


def overlapping_subnets(config: Config) -> None:
    config[NODES]["thanos"]["subnet"] = config[NODES]["oracle"]["subnet"]


def foreign_architecture(config: Config) -> None:
    config["aiswarm:images"]["postgres"]["platforms"] = ["linux/amd64"]
    config[NODES]["oracle"]["arch"] = "arm64"


def root_user(config: Config) -> None:
    config["aiswarm:images"]["redis"]["user"] = "0:0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (unknown_key, "aiswarm:nodes.oracle.adress: must be a known key, got 'adress'"),
        (missing_node, "aiswarm:nodes.thanos: must be given"),
        (wrong_type, "aiswarm:nodes.oracle.memory_mib: must be a whole number, got 'lots'"),
        (too_much_memory, "999999"),
        (overlapping_subnets, "172.20.1.0/24"),
        (foreign_architecture, "linux/arm64"),
        (root_user, "0:0"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_settings(
    engine: Engine, deployed: Stack, tmp_path: Path, change: Callable[[Config], None], said: str
) -> None:
    before = engine.identities()

    answer = engine.altered(tmp_path, change).run(*UP)

    assert answer.status != 0, deployed.name
    assert "in the configuration, no host was touched:" in answer.text
    assert said in answer.text
    assert "Traceback" not in answer.text
    assert engine.identities() == before


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    with running_probe(tmp_path) as probe:
        yield probe


def refused(probe: Probe, service: Config) -> str:
    """Try to deploy one service, see that no container came of it, and return what was said."""
    probe.describe({**pause_image(), "node": "thanos", **service})
    answer = probe.engine.run(*UP)
    assert answer.status != 0, answer.text
    kinds = {item["type"] for item in probe.engine.resources().values()}
    assert "docker:index/container:Container" not in kinds
    return answer.text


def test_unreachable_host(probe: Probe) -> None:
    probe.config[NODES]["thanos"]["address"] = "198.18.0.99"

    said = refused(probe, {"name": "nowhere", "files": {"a": "b"}})

    assert "thanos-nowhere" in said
    assert "198.18.0.99" in said


def impostor(probe: Probe) -> None:
    """Expect oracle's key of thanos."""
    thanos, oracle = probe.config[NODES]["thanos"], probe.config[NODES]["oracle"]
    thanos["ssh"]["host_key"] = oracle["ssh"]["host_key"]


def test_wrong_host_key_on_the_way_to_docker(probe: Probe) -> None:
    impostor(probe)
    access.close_master(plan_of("thanos"))

    said = refused(probe, {"name": "impostor"})

    assert "Host key verification failed" in said
    assert "thanos-impostor" in said


def test_wrong_host_key_on_the_way_of_files(probe: Probe) -> None:
    """With the connection for Docker open already, so that it is the files that fail."""
    impostor(probe)
    nodes.open_masters()

    said = refused(probe, {"name": "impostor", "files": {"a": "b"}})

    assert "thanos-impostor-files" in said
    assert "host key must be" in said
    assert nodes.ssh("thanos", "ls /opt/swarm").split().count("impostor") == 0


def test_image_that_is_not_in_the_registry(probe: Probe) -> None:
    missing = f"{nodes.REGISTRY}/aiswarm/nothing:1@sha256:{'0' * 64}"

    said = refused(probe, {"name": "missing", "image": missing})

    assert f"{nodes.REGISTRY}/aiswarm/nothing" in said
    assert "manifest unknown" in said or "not found" in said


def test_full_disk(probe: Probe) -> None:
    """The old files stay as they were, and no half of the new ones is left."""
    nodes.ssh("thanos", "mkdir -p /opt/swarm/full && mount -t tmpfs -o size=16k tmpfs /opt/swarm/full")
    try:
        said = refused(probe, {"name": "full", "files": {"large": "x" * 60_000}})
        left = nodes.ssh("thanos", "find /opt/swarm/full -type f").split()
    finally:
        nodes.ssh("thanos", "umount /opt/swarm/full; rm -rf /opt/swarm/full")

    assert "thanos-full: its new files could not be unpacked; the files of before are still in place" in said
    assert left == []
