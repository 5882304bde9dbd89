"""The database that is there before the swarm: started once, left alone ever after."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from lab.nodes import existing
from lab.process import StepError
from lab.steps import Steps

IMAGE = f"198.18.0.10:5000/aiswarm/qdrant:1@sha256:{'0' * 64}"


class Node:
    """Starlord as far as it is asked: one container or none."""

    def __init__(self, container: dict[str, Any] | None) -> None:
        self.container = container
        self.ran: list[str] = []

    def ssh(self, node: str, command: str, **_: object) -> str:
        """Answer as the node's shell would."""
        assert node == "starlord"
        if command.startswith("docker ps"):
            return "abc" if self.container else ""
        if command.startswith("docker inspect"):
            return json.dumps([self.container])
        if not command.startswith("docker exec"):
            self.ran.append(" ".join(command.split()[:2]))
        return ""


def container(*, image: str = IMAGE, running: bool = True) -> dict[str, Any]:
    return {"Config": {"Image": image}, "State": {"Running": running}}


@pytest.mark.parametrize(
    ("there", "ran", "note"),
    [
        (None, ["docker run"], "qdrant created"),
        (container(), [], "nothing to do"),
        (container(running=False), ["docker start"], "qdrant started"),
        (container(image="other"), ["docker rm", "docker run"], "qdrant created anew"),
    ],
)
def test_it_is_made_once(
    monkeypatch: pytest.MonkeyPatch, there: dict[str, Any] | None, ran: list[str], note: str
) -> None:
    node = Node(there)
    monkeypatch.setattr(existing, "ssh", node.ssh)
    steps = Steps(console=Console(file=io.StringIO()))

    existing.ensure_qdrant(steps, IMAGE)

    assert node.ran == ran
    assert [step.note for step in steps.done] == [note]


def test_one_that_never_answers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str, command: str, **__: object) -> str:
        if command.startswith("docker exec"):
            raise StepError("Connection refused")
        return ""

    monkeypatch.setattr(existing, "ssh", refuse)
    monkeypatch.setattr(existing, "_READY_SECONDS", 0)

    with pytest.raises(StepError, match="qdrant must answer within 0 s, got Connection refused"):
        existing.ensure_qdrant(Steps(console=Console(file=io.StringIO())), IMAGE)


def test_nothing_of_the_swarm_is_on_it() -> None:
    words = existing.arguments(IMAGE)

    assert "--publish=198.18.0.12:6333:6333" in words
    assert not [word for word in words if "label" in word or "swarm" in word.removesuffix(IMAGE)]
    assert words[-1] == IMAGE
