"""The gate on what the real engine says of the real stacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import paths
from ops.gate.source import STREAMING
from ops.stack import Stack
from tests.e2e.engine import Config, Engine
from tests.e2e.offline import without_network

GATE = (sys.executable, "-m", "ops", "gate")
Verdict = dict[str, Any]


def judged(env: dict[str, str], *arguments: str) -> Verdict:
    done = without_network({**env, "PYTHONPATH": str(paths.REPO)}, *GATE, *arguments, "--json")
    found: Verdict = json.loads(done.stdout)
    assert done.returncode == found["status"], done.stderr
    return found


def refused(found: Verdict, *kinds: str) -> list[tuple[str, str]]:
    return [
        (each["rule"], each["resource"])
        for each in found["findings"]
        if each["refused"] and each["kind"] in kinds
    ]


def test_a_first_deployment_of_prod_may_go_on_and_no_rule_is_dead(prod: dict[str, str]) -> None:
    found = judged(prod, "--stack", "prod")

    assert (found["status"], refused(found, "policy", "plan", "evidence")) == (0, [])
    excused = {each["rule"] for each in found["excused"]}
    assert {rule for rule, count in found["evaluated"].items() if count == 0} <= excused


def test_an_update_goes_through_the_gate_with_its_own_flags(prod: dict[str, str]) -> None:
    def through(*flags: str) -> subprocess.CompletedProcess[str]:
        code = f"from ops import up; up.through_the_gate('prod', {list(flags)!r}, [])"
        return without_network({**prod, "PYTHONPATH": str(paths.REPO)}, sys.executable, "-c", code)

    whole = through("--yes", "--suppress-outputs", "--diff", "--parallel", "4")
    part = through("--yes", "--target", "**oracle-redis-data")

    assert (whole.returncode, "prod: may go on; " in whole.stdout) == (0, True), whole.stdout + whole.stderr
    assert part.returncode != 0
    assert "nothing was run: the gate refuses it" in part.stdout


@pytest.fixture
def previewed(engine: Engine, deployed: Stack, tmp_path: Path) -> Callable[[Callable[[Config], None]], Path]:
    """The events of a preview of the deployed lab with a changed configuration, with the pack."""
    assert deployed.name == engine.stack

    def run(change: Callable[[Config], None]) -> Path:
        altered = engine.altered(tmp_path, change)
        changed = Engine(altered.cwd, {**altered.env, STREAMING: "true"}, altered.stack)
        file = tmp_path / "events.ndjson"
        with file.open("w") as stream:
            preview = changed.argv(("preview", "--json", "--policy-pack", "policy"))
            # Its status says less than its events.
            subprocess.run(preview, cwd=changed.cwd, env=dict(changed.env), stdout=stream, check=False)
        return file

    return run


def another_subnet(config: Config) -> None:
    config["aiswarm:nodes"]["starlord"]["subnet"] = "172.20.13.0/24"


def test_nothing_to_do_takes_nothing_away(previewed: Callable[[Callable[[Config], None]], Path]) -> None:
    found = judged(dict(os.environ), str(previewed(lambda _: None)))

    assert refused(found, "plan", "evidence") == []
    assert found["changes"].keys() == {"same"}


def test_an_outage_of_a_node_is_refused_until_it_is_asked_for(
    previewed: Callable[[Callable[[Config], None]], Path],
) -> None:
    events = str(previewed(another_subnet))

    found = judged(dict(os.environ), events)
    allowed = judged(dict(os.environ), events, "--allow-replace", "all")

    assert ("DAT-004", "starlord-network") in refused(found, "plan")
    assert ("DAT-004", "starlord-vllm-primary") in refused(found, "plan")
    assert refused(allowed, "plan", "evidence") == []
    assert "starlord-network" in allowed["outages"]
