"""The policy pack on the lab: the swarm keeps every rule, and what breaks one is never begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import nodes, paths
from ops.stack import Stack
from tests.e2e.engine import Engine
from tests.e2e.probe_program import Probe, pause_image, running_probe

PACK = ("--policy-pack", str(paths.REPO / "policy"))


@pytest.fixture
def probe(tmp_path: Path, deployed: Stack) -> Iterator[Probe]:
    assert deployed.services
    with running_probe(tmp_path) as running:
        yield running


def test_the_lab_as_it_runs_keeps_every_rule(engine: Engine, deployed: Stack) -> None:
    answer = engine.run("preview", *PACK)

    assert answer.status == 0, answer.text
    assert "[mandatory]" not in answer.text
    assert "aiswarm@" in answer.text
    assert deployed.services


def test_a_container_that_runs_as_root_is_refused_before_anything_is_made(probe: Probe) -> None:
    probe.describe({"node": "oracle", "name": "rooted", **pause_image()}, user="0:0")

    answer = probe.engine.run("up", "--yes", *PACK)

    assert answer.status == 1, answer.text
    assert "non-root-user" in answer.text
    said = [line for line in answer.text.splitlines() if "oracle-rooted.user on node oracle" in line]
    assert any("got '0:0'" in line for line in said), said
    assert probe.engine.resources() == {}
    assert not nodes.ssh("oracle", "docker network ls -q --filter name=^probe$").strip()
    assert not nodes.ssh("oracle", "docker ps -aq --filter label=aiswarm.stack=probe").strip()
