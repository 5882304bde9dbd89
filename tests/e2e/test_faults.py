"""A failed host, an interrupted engine: what is said, what is kept, and how one recovers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from lab import nodes, paths
from ops import probe
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine, inspect

ORACLE, THANOS = "oracle-prometheus", "thanos-vllm-backup"


def more_memory(config: Config) -> None:
    """A change on oracle and on thanos that both carry out in place."""
    for name in (ORACLE, THANOS):
        config["aiswarm:limits"][name]["memory_mib"] += 16


def other_cpus(config: Config) -> None:
    """A change that replaces one container on each of two nodes."""
    for name in (ORACLE, THANOS):
        config["aiswarm:limits"][name]["cpus"] = "0.3"


def memory_mib(node: str, container: str) -> int:
    return int(inspect(node, container)["HostConfig"]["Memory"]) // 2**20


def test_a_stopped_host_is_named_and_the_others_go_on(
    engine: Engine, restored: Stack, tmp_path: Path
) -> None:
    changed = engine.altered(tmp_path, more_memory)
    before = set(engine.resources())
    wanted = memory_mib("oracle", ORACLE) + 16
    nodes.stop("thanos")
    try:
        answer = changed.run(*UP, "--continue-on-error")
        assert answer.status != 0
        assert THANOS in answer.text
        assert str(restored.nodes["thanos"].address) in answer.text
        assert memory_mib("oracle", ORACLE) == wanted
        assert set(engine.resources()) == before
    finally:
        nodes.start("thanos")

    changed.up()

    assert memory_mib("thanos", THANOS) == memory_mib("oracle", ORACLE) - wanted + memory_mib(
        "thanos", THANOS
    )
    assert changed.run("preview", "--refresh", "--expect-no-changes").status == 0


def documented(heading: str) -> list[str]:
    """The commands below a heading of the runbook."""
    text = (paths.REPO / "docs" / "runbook.md").read_text()
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^ {4}(\S.*)$", section, re.MULTILINE)
    assert commands, f"docs/runbook.md must have commands below {heading!r}"
    return commands


def recover(engine: Engine, heading: str) -> None:
    """Do what the runbook says, on this engine's configuration."""
    for command in documented(heading):
        done = subprocess.run(
            ("sh", "-c", command), cwd=paths.REPO, env=dict(engine.env), text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stdout}"


@pytest.mark.parametrize(
    ("number", "heading"),
    [(signal.SIGINT, "`pulumi up` was interrupted"), (signal.SIGKILL, "`pulumi up` was killed")],
    ids=["SIGINT", "SIGKILL"],
)
@pytest.mark.parametrize("moment", ["deleting original", "creating replacement"])
def test_an_interrupted_up_is_recovered(
    engine: Engine, restored: Stack, tmp_path: Path, number: signal.Signals, heading: str, moment: str
) -> None:
    changed = engine.altered(tmp_path, other_cpus)

    with changed.started(*UP, until=moment) as running:
        if number is signal.SIGKILL:
            os.killpg(running.pid, number)
        else:
            running.send_signal(number)
    assert running.returncode != 0

    recover(changed, heading)

    assert changed.run("preview", "--refresh", "--expect-no-changes").status == 0
    probe.wait_healthy(restored, timeout_seconds=120)
    assert inspect("thanos", THANOS)["HostConfig"]["NanoCpus"] == 300_000_000


def test_two_at_once(engine: Engine, restored: Stack, tmp_path: Path) -> None:
    with engine.altered(tmp_path, other_cpus).started(*UP, until="replac") as first:
        second = engine.run(*UP)

    assert second.status != 0
    assert "currently locked" in second.text
    assert first.returncode == 0
    probe.wait_healthy(restored, timeout_seconds=120)
