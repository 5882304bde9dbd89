"""A failed host, an interrupted engine: what is said, what is kept, and how one recovers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import nodes, paths
from ops import probe
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine, inspect
from tests.e2e.waiting import eventually

ORACLE, THANOS = "oracle-prometheus", "thanos-vllm-backup"


WITHOUT_THANOS = ("--exclude", "**ThanosNode**")
"""As the runbook says it."""


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


@pytest.fixture
def without_thanos(restored: Stack) -> Iterator[str]:
    """Thanos is down during the test and up again before the lab is restored; its address."""
    nodes.stop("thanos")
    yield str(restored.nodes["thanos"].address)
    nodes.start("thanos")


def test_a_stopped_host_is_named(engine: Engine, without_thanos: str, tmp_path: Path) -> None:
    before = set(engine.resources())

    answer = engine.altered(tmp_path, more_memory).run(*UP)

    assert answer.status != 0
    assert THANOS in answer.text
    assert f"{without_thanos} is reachable" in answer.text
    assert set(engine.resources()) == before


def test_the_other_hosts_go_on_without_it_and_a_later_up_heals(
    engine: Engine, without_thanos: str, tmp_path: Path
) -> None:
    changed = engine.altered(tmp_path, more_memory)
    before, wanted = set(engine.resources()), memory_mib("oracle", ORACLE) + 16

    changed.ok(*UP, *WITHOUT_THANOS)

    assert memory_mib("oracle", ORACLE) == wanted
    assert set(engine.resources()) == before
    nodes.start("thanos")
    small = memory_mib("thanos", THANOS)
    changed.up()
    assert memory_mib("thanos", THANOS) == small + 16
    assert changed.run("preview", "--refresh", "--expect-no-changes").status == 0
    assert without_thanos.startswith("198.18.0.")


def test_continue_on_error_finishes_the_others_and_then_has_to_be_interrupted(
    engine: Engine, without_thanos: str, tmp_path: Path
) -> None:
    """Pulumi 3.259 waits for ever for a replacement whose deletion failed: nobody calls `CreateStep.Fail`."""
    changed = engine.altered(tmp_path, more_memory)
    before, wanted = set(engine.resources()), memory_mib("oracle", ORACLE) + 16

    with changed.started(*UP, "--continue-on-error", until="deleting failed") as running:
        eventually(lambda: memory_mib("oracle", ORACLE) == wanted, within_seconds=60)
        running.send_signal(signal.SIGINT)

    assert running.returncode != 0
    assert set(engine.resources()) == before
    assert without_thanos


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
    ("number", "heading", "moment"),
    [
        (signal.SIGINT, "`pulumi up` was interrupted", "creating replacement"),
        (signal.SIGKILL, "`pulumi up` was killed", "deleting original"),
    ],
    ids=["SIGINT", "SIGKILL"],
)
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
