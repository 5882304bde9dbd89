"""The command line as an operator meets it: exit status, questions, and what is printed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lab import environment, paths
from lab.process import StepError
from ops import chat, cli, hosts, lab_bridge, probe, recover, stack
from ops.chat import Piece
from ops.hosts import CommandError, Container, State
from ops.recover import ForeignStateError, Found, Orphan
from ops.stack import EngineError, Stack

HEALTHY = Container("thanos", "thanos-vllm-backup", State.HEALTHY, image="registry/swarm/x:1@sha256:00")
ORPHANS = (Orphan("thanos", "container", "lost", "bbb"), Orphan("oracle", "network", "swarm", "ccc"))


@pytest.fixture(autouse=True)
def known(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab on this machine, and an engine that knows every stack."""
    monkeypatch.setattr(environment, "variables", lambda: {"PULUMI_HOME": "/some where"})
    monkeypatch.setattr(stack, "read", lambda _: lab_stack)
    monkeypatch.setenv("PULUMI_HOME", "")
    monkeypatch.chdir(paths.REPO)


def swarm(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(cli.app, list(arguments), input=answers, env={"COLUMNS": "200"})


def failing(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Exit status of the whole program."""
    monkeypatch.setattr(sys, "argv", ["swarm", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


def test_a_file_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "none" / "comment.md"
    assert failing(monkeypatch, "comment", "--events", __file__, "--out", str(out)) == 1
    said = f"{out}: must be a file that can be used here, got: No such file or directory\n"
    assert capsys.readouterr().err.endswith(said)


def surveyed(monkeypatch: pytest.MonkeyPatch, *found: Container) -> None:
    monkeypatch.setattr(hosts, "survey", lambda _: list(found))


def test_status_of_a_healthy_swarm(monkeypatch: pytest.MonkeyPatch) -> None:
    surveyed(monkeypatch, HEALTHY)

    result = swarm("status")

    assert result.exit_code == 0
    assert "vllm-backup" in result.stdout


def test_status_with_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    surveyed(monkeypatch, HEALTHY, Container("oracle", "oracle-redis", State.MISSING))

    assert swarm("status").exit_code == 1


def test_status_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    surveyed(monkeypatch, HEALTHY)

    (found,) = json.loads(swarm("status", "--json").stdout)

    assert (found["name"], found["state"], found["stand_in"]) == ("thanos-vllm-backup", "healthy", False)


def test_status_tells_all_of_a_service_in_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    surveyed(monkeypatch, replace(HEALTHY, stand_in=True, uptime_seconds=93784))

    (row,) = (line for line in swarm("status").stdout.splitlines() if "vllm-backup" in line)

    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["vllm-backup", "thanos", "healthy", "x:1 (stand-in)", "1 d 2 h", "0"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0, "0 min 0 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (86400, "1 d 0 h")],
)
def test_how_long_something_is_up(seconds: int | None, shown: str) -> None:
    assert cli.duration(seconds) == shown


def test_status_shows_what_a_node_said_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "198.51.100.11: [/red] [bold]port[/bold] 22"
    surveyed(monkeypatch, Container("oracle", "oracle-redis", State.UNREACHABLE, detail=said))

    assert said in swarm("status").stdout


def test_status_waits_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def wait_healthy(_: Stack, *, timeout_seconds: float) -> list[Container]:
        waited.append(timeout_seconds)
        return [HEALTHY]

    monkeypatch.setattr(probe, "wait_healthy", wait_healthy)

    assert swarm("status", "--wait", "600").exit_code == 0
    assert waited == [600]


def test_status_says_why_waiting_was_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    surveyed(monkeypatch, Container("thanos", "thanos-vllm-backup", State.STOPPED))
    monkeypatch.setattr(probe, "logs", lambda *_: "out of memory")
    monkeypatch.setattr(probe.wait_healthy, "__kwdefaults__", {"look": hosts.survey})

    result = swarm("status", "--wait", "5")

    assert result.exit_code == 1
    assert "out of memory" in result.stderr
    assert "stopped" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "--wait", "soon"),
        ("recover", "--yes"),
        ("chat",),
        ("chat", "hi", "--ca", "/no/such"),
        ("x",),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert swarm(*arguments).exit_code == 2


@pytest.mark.parametrize("refused", ["", "Connection refused"])
def test_connect(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    monkeypatch.setattr(hosts, "connect", lambda _: {"oracle": "", "thanos": refused})

    result = swarm("connect", "--stack", "prod")

    assert result.exit_code == (1 if refused else 0)
    assert result.stdout.splitlines() == ["oracle: connected", f"thanos: {refused or 'connected'}"]


@dataclass
class Recovery:
    """What `recover` finds, and what was done."""

    found: Found = field(default_factory=lambda: Found(ORPHANS, {}))
    foreign: bool = False
    network_in_use: bool = False
    done: list[str] = field(default_factory=list)

    def look(self, _: Stack) -> Found:
        """Find it."""
        if self.foreign:
            raise ForeignStateError("state of stack prod: must hold the containers on its nodes")
        return self.found

    def free(self, _: Stack, **__: object) -> None:
        """Note that the stack was freed."""
        self.done.append("free")

    def remove(self, _: Stack, orphan: Orphan) -> None:
        """Note what was removed."""
        if self.network_in_use and orphan.kind == "network":
            raise CommandError("oracle: network swarm has active endpoints")
        self.done.append(orphan.name)


@pytest.fixture
def recovery(monkeypatch: pytest.MonkeyPatch) -> Recovery:
    recovery = Recovery()
    for name in ("look", "free", "remove"):
        monkeypatch.setattr(recover, name, getattr(recovery, name))
    return recovery


RECOVER = ("recover", "--stack", "prod")


@pytest.mark.parametrize(
    ("answers", "status", "done"),
    [
        ("n\n", 1, []),
        ("y\nn\n", 1, ["free"]),
        ("y\ny\n", 0, ["free", "lost", "swarm"]),
    ],
)
def test_recover_asks_twice(recovery: Recovery, answers: str, status: int, done: list[str]) -> None:
    result = swarm(*RECOVER, answers=answers)

    assert (result.exit_code, recovery.done) == (status, done)
    assert ("unknown to the state: container lost on thanos" in result.stdout) is bool(done)


def test_recover_without_questions(recovery: Recovery) -> None:
    result = swarm(*RECOVER, "--yes")

    assert (result.exit_code, recovery.done) == (0, ["free", "lost", "swarm"])
    assert "2 orphans removed, 0 left" in result.stdout


def test_no_yes_makes_recover_touch_the_containers_of_another_state(
    recovery: Recovery, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recovery.foreign = True

    assert failing(monkeypatch, *RECOVER, "--yes") == 1
    assert recovery.done == []
    assert "must hold the containers on its nodes" in capsys.readouterr().err


def test_recover_goes_on_without_a_silent_node(recovery: Recovery) -> None:
    recovery.found = Found(ORPHANS[:1], {"oracle": "198.51.100.11: no answer within 30 s"})

    result = swarm(*RECOVER, "--yes")

    assert (result.exit_code, recovery.done) == (1, ["free", "lost"])
    assert "left out: 198.51.100.11: no answer within 30 s" in result.stdout


def test_recover_reports_what_stays(recovery: Recovery) -> None:
    recovery.network_in_use = True

    result = swarm(*RECOVER, "--yes")

    assert (result.exit_code, recovery.done) == (1, ["free", "lost"])
    assert "network swarm on oracle stays: oracle: network swarm has active endpoints" in result.stdout


def test_env_is_for_a_shell() -> None:
    result = swarm("env")

    assert (result.exit_code, result.stdout) == (0, "export PULUMI_HOME='/some where'\n")


def test_no_lab_is_said_with_the_way_to_another_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> dict[str, str]:
        raise StepError("the lab must exist before its environment can be used", hint="make up")

    monkeypatch.setattr(environment, "variables", missing)

    assert failing(monkeypatch, "status") == 1
    assert capsys.readouterr().err.splitlines()[1:] == ["try: make up", "for another stack: --stack NAME"]


def test_the_engines_refusal_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: str) -> Stack:
        raise EngineError("error: no stack named 'prod' found")

    monkeypatch.setattr(stack, "read", refuse)

    assert failing(monkeypatch, "status", "--stack", "prod") == 1
    assert capsys.readouterr().err == "error: no stack named 'prod' found\n"


def test_chat_trusts_the_authority_that_it_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    asked: list[object] = []

    def ask(url: str, **given: object) -> Iterator[Piece]:
        asked.extend((url, given["ca"]))
        yield Piece("[b]ell", 0.1)

    monkeypatch.setattr(stack, "output", lambda _, name: name)
    monkeypatch.setattr(chat, "ask", ask)
    monkeypatch.chdir(tmp_path)

    result = swarm("chat", "hi", "--ca", "ca.pem")

    assert (result.exit_code, result.stdout) == (0, "[b]ell\n")
    assert asked == ["chat_url", tmp_path / "ca.pem"]


def test_another_stack_needs_no_lab() -> None:
    program = f"import sys; sys.modules['lab'] = None; import {cli.__name__}; print('loaded')"

    done = subprocess.run(
        (sys.executable, "-c", program), cwd=paths.REPO, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("loaded\n", "")
    assert lab_bridge.STACK == environment.STACK
