"""Which objects on the hosts count as lost, and that nothing else is removed."""

from __future__ import annotations

import json

import pytest

from ops import recover
from ops.recover import Orphan
from ops.stack import Stack


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """One known and one unknown container on each node; returns the commands that were run on nodes."""
    commands: list[tuple[str, str]] = []
    state = {"deployment": {"resources": [{"id": "aaa"}, {"urn": "a component, without id"}]}}

    def on_node(node: object, command: str) -> str:
        commands.append((str(node), command))
        return "aaa known\nbbb lost\n" if "container ls" in command else ""

    monkeypatch.setattr(recover, "pulumi", lambda *_: json.dumps(state))
    monkeypatch.setattr(recover, "on_node", on_node)
    return commands


def test_orphans_are_marked_and_unknown(lab_stack: Stack, world: list[tuple[str, str]]) -> None:
    found = recover.orphans(lab_stack)

    assert found == [Orphan(node, "container", "lost", "bbb") for node in ("oracle", "starlord", "thanos")]
    assert all("label=aiswarm.stack=lab" in command for _, command in world)


def test_no_volume_is_ever_removed(lab_stack: Stack, world: list[tuple[str, str]]) -> None:
    for orphan in recover.orphans(lab_stack):
        recover.remove(lab_stack, orphan)

    removals = [command for _, command in world if " rm " in command]
    assert removals == ["docker container rm --force bbb"] * 3
    assert not any("volume" in command for _, command in world)
