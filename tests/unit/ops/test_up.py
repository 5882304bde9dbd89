"""Deploying with the policies and the guard: what is run, what is refused, and how it ends."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from components.model.problems import Problem
from ops import cli, hosts, lab_bridge, probe, up, up_flags
from ops.gate import rules
from ops.gate.source import SourceError
from ops.guard import watch
from ops.guard.fingerprint import Fingerprint
from ops.guard.watch import NotThereError, TouchedError
from ops.hosts import Container, State
from ops.probe import NotHealthyError
from ops.stack import EngineError, Stack
from tests.unit.ops import streams
from tests.unit.ops.existing_qdrant import Existing, existing
from tests.unit.ops.gate_samples import GRANTS, PACK

PULUMI = """\
#!/bin/sh
echo "$*" >>"$CALLS"
[ "$1" != preview ] || exec cat "$CALLS.events"
[ ! -e "$CALLS.do" ] || . "$CALLS.do"
"""


@dataclass
class World:
    """An engine that keeps what it was asked, and a database on a node."""

    folder: Path
    qdrant: Existing
    healthy: list[float] = field(default_factory=list)

    def would(self, stream: str) -> None:
        """What its preview says."""
        (self.folder / "calls.events").write_text("\n".join(streams.lines(stream)))

    @property
    def updates(self) -> list[str]:
        """What it was asked beside previews."""
        return [call for call in self.calls if not call.startswith("preview")]

    @property
    def calls(self) -> list[str]:
        """What the engine was asked."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def wait_healthy(self, _: Stack, *, timeout_seconds: float) -> list[Container]:
        """A swarm that is healthy at once."""
        self.healthy.append(timeout_seconds)
        return []

    def does(self, script: str) -> None:
        """What the engine does when it is run."""
        (self.folder / "calls.do").write_text(script)


@pytest.fixture
def world(tmp_path: Path, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    program = tmp_path / "pulumi"
    program.write_text(PULUMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    for name in up_flags.REFUSED:
        monkeypatch.delenv(f"PULUMI_OPTION_{name.upper().replace('-', '_')}", raising=False)
    monkeypatch.setattr(up, "open_stack", lambda _: lab_stack)
    monkeypatch.setattr(hosts, "connect", lambda _: {})
    monkeypatch.setattr(lab_bridge, "activate", lambda: None)
    monkeypatch.setattr(rules, "load", lambda: PACK)
    monkeypatch.setattr(rules, "granted", lambda *_: GRANTS)
    with existing(tmp_path, monkeypatch) as qdrant:
        found = World(tmp_path, qdrant)
        found.would("quiet")
        monkeypatch.setattr(probe, "wait_healthy", found.wait_healthy)
        yield found


def swarm(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["up", *arguments], env={"COLUMNS": "200"})


def test_the_engine_is_run_with_the_policies_and_the_operators_flags(world: World) -> None:
    result = swarm("--stack", "lab", "--wait", "7", "--", "--yes", "--parallel", "12", "-m", "a change")

    assert result.exit_code == 0, result.output
    assert world.calls == [
        "preview --stack lab --policy-pack policy --json --non-interactive --parallel 12 -m a change",
        "up --stack lab --policy-pack policy --skip-preview --yes --parallel 12 -m a change",
    ]
    assert "guarding qdrant: 1 collections" in result.output
    assert "qdrant: as it was before" in result.output
    assert world.healthy == [7.0]


def test_without_the_database_nothing_is_run(world: World) -> None:
    world.qdrant.containers = []

    result = swarm()

    assert isinstance(result.exception, NotThereError)
    assert world.calls == []


def test_a_change_fails_however_the_update_ended(world: World) -> None:
    world.does(f'{sys.executable} -c "import urllib.request as u; u.urlopen(u.Request('
               f"'{world.qdrant.url}/collections/family-recipes', method='DELETE'))\"")  # fmt: skip

    result = swarm()

    assert isinstance(result.exception, TouchedError)
    assert "family-recipes: must be there after an update" in str(result.exception)
    assert world.healthy == []


def test_a_failed_update_fails_and_the_database_is_looked_at(world: World) -> None:
    world.does("exit 255")

    result = swarm()

    assert isinstance(result.exception, EngineError)
    assert str(result.exception) == "pulumi up: must end with status 0, got 255; see above"
    assert len(world.qdrant.asked) == 2
    assert world.healthy == []


def test_a_service_that_is_not_healthy_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def wait_healthy(*_: object, **__: object) -> None:
        raise NotHealthyError((Container("oracle", "oracle-redis", State.UNHEALTHY),), {})

    monkeypatch.setattr(probe, "wait_healthy", wait_healthy)

    result = swarm()

    assert result.exit_code == 1
    assert world.calls
    assert "oracle-redis: must be healthy, got unhealthy" in result.output


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (["--ignore-protect"], "ignore-protect"),
        (["--ignore-protect=true"], "ignore-protect"),
        (["--skip-preview"], "skip-preview"),
        (["-f"], "skip-preview"),
        (["-yf"], "skip-preview"),
        (["--policy-pack", "elsewhere"], "policy-pack"),
        (["--policy-pack-config=x.json"], "policy-pack-config"),
        (["-s", "prod"], "stack"),
        (["--stack=prod"], "stack"),
        (["-C", "/elsewhere"], "cwd"),
    ],
)
def test_flags_that_lead_around_a_guard_are_refused(world: World, flags: list[str], name: str) -> None:
    result = swarm("--", "--yes", *flags)

    assert result.exit_code == 2
    assert f"--{name}: must not be given, got {flags[0].partition('=')[0]}; " in result.stderr
    assert (world.calls, world.qdrant.asked) == ([], [])


@pytest.mark.parametrize("name", ["IGNORE_PROTECT", "SKIP_PREVIEW", "POLICY_PACK"])
def test_so_are_variables_that_stand_for_them(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"PULUMI_OPTION_{name}", "true")

    result = swarm()

    assert result.exit_code == 2
    assert f"PULUMI_OPTION_{name}: must not be set, got a value" in result.stderr
    assert world.calls == []


def test_flags_that_only_look_alike_are_passed_on(world: World) -> None:
    flags = ("--target", "urn:x", "--refresh", "-dy", "--suppress-outputs", "-dmyeah", "--diff")

    assert swarm("--", *flags).exit_code == 0

    assert world.calls == [
        "preview --stack lab --policy-pack policy --json --non-interactive --target urn:x --refresh -myeah",
        f"up --stack lab --policy-pack policy --skip-preview {' '.join(flags)}",
    ]


def test_without_yes_the_engine_shows_its_own_preview_and_asks(world: World) -> None:
    assert swarm("--", "-m", "yes").exit_code == 0
    assert world.updates == ["up --stack lab --policy-pack policy -m yes"]


@pytest.mark.parametrize("stream", ["image", "volume", "gone", "unknown", "refused", "crash"])
def test_what_the_gate_refuses_is_not_run(world: World, stream: str) -> None:
    world.would(stream)

    result = swarm("--", "--yes")

    assert result.exit_code == 1
    assert world.updates == []
    assert "nothing was run: the gate refuses it" in result.output
    assert "--allow-replace URN" in result.output
    assert len(world.qdrant.asked) == 2


def test_an_outage_that_is_meant_is_run_and_data_stays_all_the_same(world: World) -> None:
    world.would("image")
    steps = (json.loads(line).get("resourcePreEvent") for line in streams.lines("image"))
    urns = (step["metadata"]["urn"] for step in steps if step)
    urn = next(each for each in urns if each.endswith(":Container::oracle-redis"))

    assert swarm("--allow-replace", "oracle-redis", "--", "--yes").exit_code == 0
    assert swarm("--allow-replace", urn, "--", "--yes").exit_code == 0
    assert len(world.updates) == 2
    world.would("volume")
    assert swarm("--allow-replace", "all", "--", "--yes").exit_code == 1
    assert len(world.updates) == 2


def test_an_engine_that_cannot_tell_is_not_run(world: World) -> None:
    (world.folder / "calls.events").write_text("")

    result = swarm("--", "--yes")

    assert isinstance(result.exception, SourceError)
    assert world.updates == []


def test_the_whole_program_ends_with_status_1(
    monkeypatch: pytest.MonkeyPatch, lab_stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    def begin(_: Stack) -> Fingerprint:
        raise NotThereError([Problem("starlord.qdrant", "must be there before the swarm is")])

    monkeypatch.setattr(up, "open_stack", lambda _: lab_stack)
    monkeypatch.setattr(hosts, "connect", lambda _: {})
    monkeypatch.setattr(watch, "begin", begin)
    monkeypatch.setattr(sys, "argv", ["swarm", "up"])

    with pytest.raises(SystemExit) as caught:
        cli.main()

    assert caught.value.code == 1
    assert "starlord.qdrant: must be there before the swarm is" in capsys.readouterr().err
