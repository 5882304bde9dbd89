"""A deployed stack stays quiet: nothing to change, seen with and without asking the hosts."""

from __future__ import annotations

import pytest

from lab import nodes
from ops.stack import Stack
from tests.e2e.engine import Engine

NO_CHANGES = ("--expect-no-changes",)


@pytest.mark.parametrize("time", ["first", "second"])
@pytest.mark.parametrize(
    "command", [("up", "--yes", "--skip-preview"), ("preview", "--refresh")], ids=["up", "preview --refresh"]
)
def test_nothing_changes(engine: Engine, deployed: Stack, command: tuple[str, ...], time: str) -> None:
    answer = engine.run(*command, *NO_CHANGES)

    assert answer.status == 0, f"{deployed.name}, {time} time: {answer.text}"
    assert "unchanged" in answer.text


def test_a_removed_container_is_noticed(engine: Engine, restored: Stack) -> None:  # noqa: ARG001 - puts the container back
    nodes.ssh("thanos", "docker rm --force thanos-vllm-backup")

    answer = engine.run("preview", "--refresh", *NO_CHANGES)

    assert answer.status != 0
    assert "thanos-vllm-backup" in answer.text
