"""Which objects on the hosts count as lost, that nothing else is removed, and when nothing is done at all."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import pytest

from components.config.settings import NodeSettings
from lab import paths
from ops import recover
from ops.hosts import CommandError, UnreachableError
from ops.recover import CONTAINER_TYPE, ForeignStateError, Orphan
from ops.stack import EngineError, Stack

NODES = ("oracle", "starlord", "thanos")
KNOWN = {"id": "aaa", "type": CONTAINER_TYPE}


@dataclass
class World:
    """The engine's state, and nodes with a known container, an unknown one and an unknown network each."""

    stack: Stack
    resources: list[dict[str, str]] = field(default_factory=lambda: [KNOWN, {"urn": "a component"}])
    pending: list[dict[str, object]] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    refresh_fails: bool = False
    engine: list[tuple[str, ...]] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)

    def pulumi(self, *arguments: str) -> str:
        """Stand in for the engine."""
        self.engine.append(arguments)
        if arguments[0] == "refresh" and self.refresh_fails:
            raise EngineError("error: refresh failed")
        return json.dumps({"deployment": {"resources": self.resources, "pending_operations": self.pending}})

    def on_node(self, machine: NodeSettings, command: str, *, timeout_seconds: float = 30) -> str:
        """Stand in for a node's Docker."""
        node = next(name for name, found in self.stack.nodes.items() if found == machine)
        if node in self.silent:
            raise UnreachableError(f"{node}: no route")
        self.commands.append((node, command))
        if "network rm" in command:
            raise CommandError(f"{node}: network has active endpoints")
        if "container stop" in command:
            assert timeout_seconds > max(spec.stop_grace_seconds for spec in self.stack.services)
        return {"container ls": "aaa known\nbbb lost\n", "network ls": "ccc swarm\n"}.get(
            " ".join(command.split()[1:3]), ""
        )


@pytest.fixture
def world(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(lab_stack)
    monkeypatch.setattr(recover, "pulumi", world.pulumi)
    monkeypatch.setattr(recover, "on_node", world.on_node)
    return world


def lost(*nodes: str) -> tuple[Orphan, ...]:
    return tuple(
        orphan
        for node in nodes
        for orphan in (Orphan(node, "container", "lost", "bbb"), Orphan(node, "network", "swarm", "ccc"))
    )


def test_orphans_are_marked_and_unknown(world: World) -> None:
    found = recover.look(world.stack)

    assert found.orphans == lost(*NODES)
    assert found.silent == {}
    assert all("label=aiswarm.stack=lab" in command for _, command in world.commands)


def test_a_known_network_is_no_orphan(world: World) -> None:
    world.resources.append({"id": "ccc", "type": "docker:index/network:Network"})

    assert {orphan.kind for orphan in recover.look(world.stack).orphans} == {"container"}


def test_a_node_that_does_not_answer_is_left_out_and_named(world: World) -> None:
    world.silent = {"starlord"}

    found = recover.look(world.stack)

    assert found.orphans == lost("oracle", "thanos")
    assert found.silent == {"starlord": "starlord: no route"}


@pytest.mark.parametrize("resources", [[], [{"id": "ddd", "type": "docker:index/network:Network"}]])
def test_a_state_without_any_container_is_not_theirs(world: World, resources: list[dict[str, str]]) -> None:
    world.resources = resources

    with pytest.raises(ForeignStateError, match=r"got none while the nodes have known, lost"):
        recover.look(world.stack)


def test_a_first_up_that_was_killed_at_its_first_container_is_recovered(world: World) -> None:
    world.resources = []
    world.pending = [{"type": "creating", "resource": {"type": CONTAINER_TYPE}}]

    assert len(recover.look(world.stack).orphans) == 9


def test_an_empty_state_on_empty_nodes_is_fine(world: World) -> None:
    world.resources = []
    world.silent = set(NODES)

    assert recover.look(world.stack).orphans == ()


def test_free_removes_the_lock_and_then_refreshes(world: World) -> None:
    said: list[str] = []

    recover.free(world.stack, silent=(), say=said.append)

    assert world.engine == [
        ("cancel", "--yes", "--stack", "lab"),
        (*recover.REFRESH, "--clear-pending-creates", "--stack", "lab"),
    ]
    assert len(said) == 2


@pytest.mark.parametrize("stack", ["lab", "prod"])
def test_a_refresh_dials_no_vault_server(stack: str) -> None:
    """The engine's own rule: `**` is any text (pkg/resource/deploy, `NewUrnTargets`)."""
    pattern = re.compile(".*".join(map(re.escape, recover.REFRESH[-1].split("**"))))
    urns = (paths.REPO / "tests" / "golden" / f"urns-{stack}.txt").read_text().splitlines()

    left_out = {urn for urn in urns if pattern.fullmatch(urn)}

    assert recover.REFRESH[-2] == "--exclude"
    assert left_out == {urn for urn in urns if re.search(r"\$(vault:|pulumi:providers:vault:)", urn)} != set()


def test_a_failed_refresh_is_an_error_unless_a_node_is_silent(world: World) -> None:
    world.refresh_fails = True
    said: list[str] = []

    with pytest.raises(EngineError, match="refresh failed"):
        recover.free(world.stack, silent=(), say=said.append)
    recover.free(world.stack, silent={"thanos"}, say=said.append)

    assert said[-1] == "the state could not be brought in line with thanos: error: refresh failed"


def test_a_container_may_stop_before_it_is_removed_and_no_volume_ever_is(world: World) -> None:
    for orphan in recover.look(world.stack).orphans:
        if orphan.kind == "container":
            recover.remove(world.stack, orphan)

    removals = [command for _, command in world.commands if " rm " in command]
    assert removals == ["docker container stop bbb && docker container rm bbb"] * 3
    assert not any(re.search("volume|--force", command) for _, command in world.commands)


def test_a_network_in_use_stays_and_docker_says_so(world: World) -> None:
    with pytest.raises(CommandError, match="active endpoints"):
        recover.remove(world.stack, Orphan("oracle", "network", "swarm", "ccc"))

    assert world.commands == [("oracle", "docker network rm ccc")]
