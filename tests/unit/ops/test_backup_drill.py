"""A drill goes through all of it, always cleans up, and has no secret in a command."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from components.catalogue.images import image
from components.config.settings import NodeSettings
from ops.backup import place
from ops.backup.checks import Check
from ops.backup.drill import Drill
from ops.backup.place import Place
from ops.backup.scratch import Scratch
from ops.backup.source import Source
from ops.hosts import CommandError, UnreachableError
from ops.stack import Stack
from tests.unit.ops.backup_samples import SECRETS, shelved, source_of, with_key


@pytest.fixture
def stack(lab_stack: Stack) -> Stack:
    return with_key(lab_stack)


@pytest.fixture
def source(stack: Stack) -> Source:
    return source_of(stack)


@dataclass
class Machine:
    """A node whose Docker keeps the commands that it gets, and answers what it is told to."""

    commands: list[tuple[str, str]] = field(default_factory=list)
    fails: str = ""
    error: BaseException = field(default_factory=lambda: CommandError("198.18.0.13: no space left"))

    def on_node(
        self, _: NodeSettings, command: str, *, timeout_seconds: float = 30, stdin: str | None = None
    ) -> str:
        """Stand in for SSH."""
        assert timeout_seconds > 0
        self.commands.append((command, stdin or ""))
        if self.fails and self.fails in command:
            raise self.error
        return ""

    @property
    def removed(self) -> bool:
        """Whether the last thing was to remove the container."""
        return "docker rm --force --volumes thanos-vault-drill" in self.commands[-1][0]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(place, "on_node", made.on_node)
    return made


@contextmanager
def on_thanos(stack: Stack) -> Iterator[Place]:
    with place.on("thanos", stack.nodes["thanos"], image(stack.settings, "openbao"), "lab") as made:
        yield made


def test_the_container_reaches_nobody_and_no_disk(stack: Stack, machine: Machine) -> None:
    with on_thanos(stack):
        (start, stdin), *_ = machine.commands

    for words in (
        "--network none", "--read-only", "--cap-drop ALL", "--security-opt no-new-privileges", "--rm",
        "--user 100:1000", "--memory 512m --memory-swap 512m", "--name thanos-vault-drill",
        "--label aiswarm.stack=lab", "--entrypoint sleep",
        f"{image(stack.settings, 'openbao').reference} 900",
    ):  # fmt: skip
        assert words in start
    assert start.count("--tmpfs") == 2
    for absent in ("--publish", "-p ", "--volume ", "-v ", "--mount", "--env"):
        assert absent not in start
    assert not stdin
    assert machine.removed


@pytest.mark.parametrize("error", [CommandError("198.18.0.13: no space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("moment", ["docker run", "bao server", "snapshot restore", "auth/pulumi/login"])
def test_the_container_is_removed_however_it_ends(
    stack: Stack, source: Source, machine: Machine, tmp_path: Path, moment: str, error: BaseException
) -> None:
    machine.fails, machine.error = moment, error
    drill = Drill(stack, shelved(tmp_path), source, lambda: on_thanos(stack))
    checks: list[Check] = []

    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            drill.run(checks.append)
    else:
        assert drill.run(checks.append) == checks

    assert machine.removed
    assert [check.good for check in checks if "gone" in check.name] == [True]
    assert not all(check.good for check in checks)


def test_a_container_that_stays_is_a_finding(
    stack: Stack, source: Source, machine: Machine, tmp_path: Path
) -> None:
    machine.fails, machine.error = "left=", UnreachableError("198.18.0.13: no answer")

    *_, last = Drill(stack, shelved(tmp_path), source, lambda: on_thanos(stack)).run(lambda _: None)

    assert (last.name, last.good) == ("scratch container is gone", False)
    assert "no answer" in last.detail


def test_nothing_is_started_without_the_key(
    stack: Stack, source: Source, machine: Machine, tmp_path: Path
) -> None:
    def lost(key_id: str) -> str:
        raise CommandError(f"198.18.0.11: cat: seal-{key_id}: No such file")

    less = dataclasses.replace(source, seal_key=lost)

    checks = Drill(stack, shelved(tmp_path, key_id="k2"), less, lambda: on_thanos(stack)).run(lambda _: None)

    assert [(check.name, check.good) for check in checks] == [("seal key k2 is at hand", False)]
    assert "seal-k2" in checks[0].detail
    assert machine.commands == []


def test_without_the_state_nobody_logs_in_as_the_program(
    stack: Stack, source: Source, machine: Machine, tmp_path: Path
) -> None:
    less = Source(seal_key=source.seal_key, node_id=source.node_id)

    checks = Drill(stack, shelved(tmp_path), less, lambda: on_thanos(stack)).run(lambda _: None)

    assert not any("auth/pulumi" in command for command, _ in machine.commands)
    assert [check.name for check in checks if check.name.startswith("login")] == [
        f"login of the agent on {name}" for name in stack.nodes
    ]


def test_no_secret_stands_in_a_command(
    stack: Stack, source: Source, machine: Machine, tmp_path: Path
) -> None:
    with on_thanos(stack) as made:
        scratch = Scratch(made)
        scratch.start(key_id="k1", seal_key=source.seal_key("k1"))
        scratch.restore(shelved(tmp_path).file.read_bytes())
        for name, secret in (("program", source.pulumi_id), ("thanos", source.node_id("thanos"))):
            scratch.login(name, mount="approle", role="role", secret_id=secret, source="198.18.0.13")

    assert len(machine.commands) > 6
    assert not [secret for secret in SECRETS for command, _ in machine.commands if secret in command]


@dataclass
class Told:
    """A place that prints one text, whatever it is told."""

    text: str
    folder: str = "/somewhere"
    port: int = 8200

    def run(self, command: str, stdin: str = "") -> str:
        """Print it."""
        assert command
        return "" if command.endswith("tar -xof -") else self.text + stdin[:0]


def test_answers_are_told_apart() -> None:
    found = '== a/b\n{\n  "data": {\n    "x": "== y"\n  }\n}\n'
    said = f"{found}== c\nNo value found at c\n== d\nCode: 403\n\n\t* permission denied\n"

    answers = Scratch(Told(said)).read("program", ["a/b", "c", "d", "e"])

    assert answers == {
        "a/b": {"x": "== y"},
        "c": "No value found at c",
        "d": "permission denied",
        "e": "no answer",
    }


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ("", ""),
        ("Error\n\nCode: 400. Errors:\n\n* invalid role or secret ID\n", "invalid role or secret ID"),
    ],
)
def test_a_refused_login_in_the_servers_own_words(said: str, refusal: str) -> None:
    login = {"mount": "approle", "role": "node-thanos", "secret_id": "id of thanos"}

    assert Scratch(Told(said)).login("thanos", **login) == refusal
