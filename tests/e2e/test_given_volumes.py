"""A volume at a place that is root's in the image: given to the service's user, on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.model.mounts import GIVEN_OVER_MARK
from lab import images, nodes
from lab.steps import Steps
from tests.e2e.engine import UP, Config
from tests.e2e.probe_program import Probe, running_probe

NODE = "thanos"
CONTAINER = f"{NODE}-given"
VOLUME = f"{CONTAINER}-data"
PLACE = "/etc/default"
"""Belongs to root in the image, and holds files."""

IN_VOLUME = f'cd "$(docker volume inspect --format "{{{{.Mountpoint}}}}" {VOLUME})" && '


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    with running_probe(tmp_path) as probe:
        yield probe


def service(*, given_over: bool = True, user: str = "999:1000") -> Config:
    """Redis, whose image has a shell, with a volume that it would not be able to write to."""
    redis = images.ensure(Steps())["redis"]
    return {
        "node": NODE,
        "name": "given",
        "image": redis.reference,
        "platforms": list(redis.platforms),
        "user": user,
        "memory_mib": 64,
        "health": ["CMD", "redis-cli", "ping"],
        "scratch": {"/data": 8},
        "volumes": [{"name": "data", "path": PLACE, "given_over": given_over}],
    }


def run(command: str) -> str:
    """What a command in the container says, its failure included."""
    return nodes.ssh(NODE, f"docker exec {CONTAINER} sh -c '{command}' 2>&1 || true").strip()


def test_without_it_docker_fills_the_volume_and_nobody_can_write(probe: Probe) -> None:
    """What it is there for; where this fails, Docker has changed and it may go."""
    probe.up(service(given_over=False))

    assert "redis-server" in run(f"ls {PLACE}")
    assert "Permission denied" in run(f"touch {PLACE}/own")


def test_the_user_can_write_and_nothing_of_the_image_is_there(probe: Probe) -> None:
    probe.up(service())

    assert run(f"ls -A {PLACE}") == GIVEN_OVER_MARK
    assert run(f"echo precious >{PLACE}/own; cat {PLACE}/own") == "precious"
    answer = probe.engine.run("preview", "--refresh", "--expect-no-changes")
    assert answer.status == 0, answer.text


def test_another_user_is_refused_until_the_data_is_his(probe: Probe) -> None:
    probe.up(service())
    run(f"echo precious >{PLACE}/own")
    probe.describe(service(user="998:1000"))

    refused = probe.engine.run(*UP)

    assert refused.status != 0
    assert f"volume {VOLUME} was given to 999:1000 and the service now runs as 998:1000" in refused.text
    assert run(f"cat {PLACE}/own; id -u") == "precious\n999", "the service of before must go on"

    nodes.ssh(NODE, f"{IN_VOLUME}chown -R 998:1000 . && echo 998:1000 >{GIVEN_OVER_MARK}")
    probe.engine.up()
    assert run(f"cat {PLACE}/own; id -u") == "precious\n998"


def test_a_lost_volume_is_given_anew_when_the_operator_says_so(probe: Probe) -> None:
    """The way of docs/hosts.md: a refresh sees that the volume is gone, and not that the command must run."""
    probe.up(service())
    nodes.ssh(NODE, f"docker rm --force {CONTAINER} && docker volume rm {VOLUME}")

    probe.engine.up("--refresh", "--replace", f"**{VOLUME}-given-over")

    assert run(f"ls -A {PLACE}") == GIVEN_OVER_MARK
    assert run(f"touch {PLACE}/own") == ""
