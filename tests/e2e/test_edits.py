"""Edits that the docker provider accepts and would not carry out really reach the running container."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import nodes
from tests.e2e.engine import Config, inspect
from tests.e2e.probe_program import Probe, pause_image, running_probe

NODE = "starlord"
CONTAINER = "starlord-edited"


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    with running_probe(tmp_path_factory.mktemp("probe")) as probe:
        yield probe


@pytest.fixture(scope="module")
def service() -> Config:
    return {**pause_image(), "node": NODE, "name": "edited"}


def seen_after(probe: Probe, service: Config, **container: object) -> Config:
    """Deploy, see that nothing is left to do even when the host is asked, and return what runs."""
    probe.up(service, **container)
    answer = probe.engine.run("preview", "--refresh", "--expect-no-changes")
    assert answer.status == 0, answer.text
    return inspect(NODE, CONTAINER)


def test_health_check(probe: Probe, service: Config) -> None:
    before = seen_after(probe, service)["Config"]["Healthcheck"]["Interval"]
    after = seen_after(probe, {**service, "interval_seconds": 90})["Config"]["Healthcheck"]["Interval"]

    assert (before, after) == (1_000_000_000, 90_000_000_000)


def test_removed_health_check(probe: Probe, service: Config) -> None:
    seen_after(probe, service)

    assert seen_after(probe, {**service, "health": ["NONE"]})["Config"]["Healthcheck"]["Test"] == ["NONE"]


def test_tmpfs(probe: Probe, service: Config) -> None:
    assert not seen_after(probe, service)["HostConfig"].get("Tmpfs")
    assert seen_after(probe, {**service, "scratch": {"/tmp": 8}})["HostConfig"]["Tmpfs"] == {
        "/tmp": "mode=1777,size=8m"
    }
    assert (
        "size=16m" in seen_after(probe, {**service, "scratch": {"/tmp": 16}})["HostConfig"]["Tmpfs"]["/tmp"]
    )


def test_init(probe: Probe, service: Config) -> None:
    assert seen_after(probe, service)["HostConfig"]["Init"] is True
    assert seen_after(probe, service, init=False)["HostConfig"]["Init"] is False


def test_mounts(probe: Probe, service: Config) -> None:
    def mounted(read_only: bool) -> list[bool]:
        mount = {"target": "/data", "type": "bind", "source": "/opt", "readOnly": read_only}
        found = seen_after(probe, service, mounts=[mount])["Mounts"]
        return [item["RW"] for item in found if item["Destination"] == "/data"]

    assert mounted(read_only=True) == [False]
    assert mounted(read_only=False) == [True]


def test_memory_in_place(probe: Probe, service: Config) -> None:
    before = seen_after(probe, service)
    after = seen_after(probe, {**service, "memory_mib": 24})

    assert after["HostConfig"]["Memory"] == after["HostConfig"]["MemorySwap"] == 24 * 2**20
    assert after["Id"] == before["Id"]


def test_changed_file_replaces_the_container(probe: Probe, service: Config) -> None:
    def text(content: str) -> tuple[str, str]:
        found = seen_after(probe, {**service, "files": {"greeting": content}})
        return found["Id"], nodes.ssh(NODE, "cat /opt/swarm/edited/config/greeting")

    first, second = text("hello"), text("goodbye")

    assert (first[1], second[1]) == ("hello", "goodbye")
    assert first[0] != second[0]


def test_data_outlives_its_container(probe: Probe, service: Config, tmp_path: Path) -> None:
    kept = {**service, "volumes": [{"name": "data", "path": "/data"}]}
    mounts = seen_after(probe, kept)["Mounts"]
    source = next(mount["Source"] for mount in mounts if mount["Destination"] == "/data")
    nodes.ssh(NODE, f"echo precious > {source}/{tmp_path.name}")

    seen_after(probe, {**kept, "interval_seconds": 7})

    assert nodes.ssh(NODE, f"cat {source}/{tmp_path.name}").strip() == "precious"
