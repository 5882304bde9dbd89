"""The whole proof as an operator meets it: exit status, tables, JSON, and that no value is ever shown."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from lab import paths
from ops import hosts, lab_bridge, stack
from ops.prove import commands, proof
from ops.prove.engine import Said
from ops.prove.homes import Home, Kind, homes
from ops.prove.proof import prove
from ops.prove.report import Report
from ops.prove.search import Runner
from ops.stack import EngineError, Stack

Record = tuple[str, int, str]
CONTAINER = "a" * 64


@dataclass
class World:
    """Nodes on which every secret is where it belongs, and what is added to that."""

    stack: Stack
    values: dict[str, str]
    leaks: dict[tuple[str, str], Record] = field(default_factory=dict)
    """By node and function of `search.sh`."""

    inspected: object = field(default_factory=list)
    silent: str = ""
    preview: str = "{}"

    def reach(self, node: str) -> Runner:
        """The way to a node."""

        def run(command: str, stdin: str) -> str:
            if node == self.silent:
                raise hosts.UnreachableError(f"{node}: no answer; its banner is {self.values['engine-key']}")
            call = shlex.split(command)[-1].strip().splitlines()[-1].split()[0]
            if not stdin:
                return f'{{"kind": "container"}}\n{json.dumps(self.inspected)}'
            records = [*self._usual(node, call), ("canary", 0, stdin.partition("\n")[0])]
            if (node, call) in self.leaks:
                records.append(self.leaks[node, call])
            return "".join(f"{path}\0{number}:{text}\n" for path, number, text in records)

        return run

    def asked(self, *arguments: str) -> Said:
        """The engine."""
        if arguments[0] == "whoami":
            return Said(0, json.dumps({"url": "s3://bucket"}))
        return Said(0, self.preview if arguments[0] == "preview" else "{}")

    def _usual(self, node: str, call: str) -> Iterator[Record]:
        yield "!filled", 1, ""
        for home in homes(self.stack.on(node)):
            if call == ("processes" if home.kind is Kind.ENVIRONMENT else "node_files"):
                yield from self._records(home)

    def _records(self, home: Home) -> Iterator[Record]:
        volume = f"/var/lib/docker/volumes/{home.key}/_data"
        group = secrets.token_hex(32)
        path = {
            Kind.FOLDER: f"{home.key}/file",
            Kind.VOLUME: f"{volume}/file",
            Kind.ENVIRONMENT: f"/proc/{int(group[:4], 16)}/environ",
        }[home.kind]
        yield "!tmpfs", 0, volume
        yield f"!{path.removesuffix('environ')}cgroup", 0, group
        yield f"!{group}", 0, home.key
        yield from ((path, 0, self.values[name]) for name in sorted(home.names) if name in self.values)


@pytest.fixture
def world(lab_stack: Stack) -> World:
    names = {ref.name for spec in lab_stack.services for ref in spec.secret_references} - {"tls_certificate"}
    return World(lab_stack, {name: secrets.token_hex(20) for name in sorted(names)})


def proven(world: World, said: list[str] | None = None) -> Report:
    return prove(
        world.stack,
        world.values,
        checkout=paths.REPO,
        asked=world.asked,
        reach=world.reach,
        say=(said if said is not None else []).append,
    )


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lab's logs, empty."""
    monkeypatch.setattr(paths, "log_dir", lambda: tmp_path)
    return tmp_path


def test_a_clean_swarm_is_proven_place_by_place(world: World) -> None:
    said: list[str] = []

    report = proven(world, said)

    assert (report.found, report.problems, report.holds) == (0, 0, True), list(commands.notes(report))
    assert {(scan.place, scan.where) for scan in report.scans} == {
        *((place, node) for place in _NODE_PLACES for node in world.stack.nodes),
        ("audit log", "oracle"),
        *((place, "here") for place in _OWN_PLACES),
    }
    assert len(said) == len(report.scans)
    assert {name for scan in report.scans for each in scan.outcome.allowed for name in each.names} == set(
        world.values
    )


_NODE_PLACES = ("container logs", "docker objects", "files", "processes")
_OWN_PLACES = ("git files", "git history", "lab logs", "previews", "pulumi state")


@pytest.mark.parametrize(
    ("node", "call", "record", "place"),
    [
        ("oracle", "node_files", ("/tmp/file", 5), "files"),
        ("thanos", "processes", ("/proc/70000/cmdline", 5), "processes"),
        ("starlord", "container_logs", ("starlord-vllm-primary", 5), "container logs"),
        ("oracle", "volume", ("/var/lib/docker/volumes/x/_data/audit.log", 5), "audit log"),
    ],
)
def test_a_leak_on_a_node(world: World, node: str, call: str, record: tuple[str, int], place: str) -> None:
    world.leaks[node, call] = (*record, world.values["redis-password"])

    report = proven(world)

    assert not report.holds
    assert [(scan.place, scan.where) for scan in report.scans if scan.outcome.findings] == [(place, node)]


def test_leaks_here_and_in_docker(world: World, logs: Path) -> None:
    value = world.values["redis-password"]
    (logs / "up.log").write_text(value)
    world.preview = f'{{"inputs": "{value}"}}'
    world.inspected = [{"Name": "/x", "Config": {"Env": [f"A={value}"]}}]

    found = {(scan.place, scan.where) for scan in proven(world).scans if scan.outcome.findings}

    nodes = {("docker objects", node) for node in world.stack.nodes}
    assert found == {("lab logs", "here"), ("previews", "here"), *nodes}


def test_only_the_lab_has_logs_of_a_lab(world: World) -> None:
    world.stack = replace(world.stack, name="prod")

    assert "lab logs" not in {scan.place for scan in proven(world).scans}


def test_a_node_that_does_not_answer_is_not_proven_and_hides_no_other(world: World) -> None:
    world.silent = "thanos"

    report = proven(world)

    assert not report.holds
    assert {scan.where for scan in report.scans if scan.outcome.problems} == {"thanos"}
    assert "not proven: thanos: files: thanos: no answer; its banner is <engine-key>" in commands.notes(
        report
    )


def test_nothing_to_look_for_is_an_error(world: World) -> None:
    world.values.clear()

    with pytest.raises(EngineError, match=r"^stack lab: must have secrets to look for, got none"):
        proven(world)


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The command in that world."""
    monkeypatch.setattr(lab_bridge, "activate", lambda: None)
    monkeypatch.setattr(stack, "read", lambda _: world.stack)
    monkeypatch.setattr(commands, "known_secrets", lambda *_, **__: world.values)
    defaults = {"asked": world.asked, "reach": world.reach}
    monkeypatch.setattr(proof.prove, "__kwdefaults__", defaults)
    monkeypatch.chdir(paths.REPO)
    return world


def swarm(*arguments: str) -> Result:
    app = typer.Typer()
    app.add_typer(commands.app, name="secrets")
    return CliRunner().invoke(app, ["secrets", *arguments], env={"COLUMNS": "250"})


def test_the_command_on_a_clean_swarm(command: World) -> None:
    result = swarm("prove")

    assert result.exit_code == 0, result.stdout
    assert "volume in memory oracle-redis-secrets" in result.stdout
    assert "vLLM has no option that names a key file" in result.stdout
    assert ": 0 found, 0 problems (" in result.stdout.splitlines()[-1]
    assert "thanos: processes: " in result.stderr
    assert not [name for name, value in command.values.items() if value in result.output]


def test_the_command_with_a_finding(command: World) -> None:
    value = command.values["redis-password"]
    command.leaks["oracle", "node_files"] = ("/tmp/[bold]file", 5, value)

    result = swarm("prove")

    assert result.exit_code == 1
    assert "/tmp/[bold]file" in result.stdout
    assert ": 1 found, 0 problems (" in result.stdout.splitlines()[-1]
    assert value not in result.output


def test_the_command_without_a_control(command: World) -> None:
    del command.values["engine-key"]
    names = {**command.values, "engine-key": secrets.token_hex(20)}
    lost = replace_values(command, names)

    assert lost.exit_code == 1
    assert "control failed: environment of oracle-litellm must hold engine-key" in lost.stdout


def replace_values(world: World, values: dict[str, str]) -> Result:
    """Run the command that looks for `values` in a world that has others."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(commands, "known_secrets", lambda *_, **__: values)
        assert set(values) > set(world.values)
        return swarm("prove")


def test_json(command: World) -> None:
    command.leaks["oracle", "node_files"] = ("/tmp/file", 5, command.values["redis-password"])

    result = swarm("prove", "--json")
    printed = json.loads(result.stdout)

    assert result.exit_code == 1
    assert (printed["stack"], printed["found"], printed["problems"]) == ("lab", 1, 0)
    assert printed["secrets"] == sorted(command.values)
    (place,) = (place for place in printed["places"] if place["found"])
    assert (place["place"], place["where"]) == ("files", "oracle")
    assert place["found"] == [
        {"secrets": ["redis-password"], "form": "text", "path": "/tmp/file", "offset": 5, "times": 1}
    ]
    assert {"home", "secrets", "reason"} == set(place["allowed"][0])


def test_what_nobody_here_knows_is_said(command: World) -> None:
    settings = command.stack.settings.model_copy(update={"keys_in_vault": {"gemini_api_key": 1}})
    command.stack = replace(command.stack, settings=settings)

    assert "not looked for: gemini_api_key" in swarm("prove").stdout


def test_the_help_says_where_the_values_go() -> None:
    said = " ".join(swarm("prove", "--help").stdout.split())

    assert "all values of this program's configuration and state go to every node" in said
    assert "whoever is root on one node could then read those of the others, too" in said


@pytest.mark.parametrize("arguments", [("prove", "--what"), ("prove", "extra"), ("disprove",)])
def test_wrong_usage(command: World, arguments: tuple[str, ...]) -> None:
    assert command.values
    assert swarm(*arguments).exit_code == 2
