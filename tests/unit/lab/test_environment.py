"""The environment of the lab's engine: nothing of the operator's overrules it, and a stack survives ^C."""

from __future__ import annotations

import io
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from lab import engine, environment, lock, nodes, paths, preflight, stack
from lab.engine import Engine
from lab.nodes import access, model
from lab.process import StepError
from lab.steps import Steps

OVERRULING = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_DIY_BACKEND_GZIP", "PULUMI_SELF_MANAGED_STATE_GZIP")

PULUMI = """#!/bin/sh
echo "$*" >> {calls}
folder={state}/backend/.pulumi/stacks/aiswarm
case $* in
"stack init lab") printf 'encryptionsalt: new\\n' > Pulumi.lab.yaml ;;
"stack rm"*) [ ! -e "$folder/resources" ] || {{ echo "'lab' still has resources" >&2; exit 1; }}
    rm "$folder/lab.json" ;;
esac
"""


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab with a passphrase and an engine, in folders of the test's own."""
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("AISWARM_CACHE", str(tmp_path / "cache"))
    for name in environment.unset_names():
        monkeypatch.delenv(name)
    found = Engine(bin_dir=tmp_path / "bin", version="3.259.0", built_here=True, plugins_dir=tmp_path)
    monkeypatch.setattr(engine, "find", lambda: found)
    (tmp_path / "state").mkdir()
    environment.passphrase_file().write_text("x")
    return tmp_path


def test_an_operators_own_passphrase_does_not_overrule_the_labs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OVERRULING:
        monkeypatch.setenv(name, "")
    for name in (*environment.variables(), "PATH"):
        monkeypatch.setenv(name, os.environ.get(name, ""))

    assert environment.unset_names() == OVERRULING
    environment.activate()

    assert not set(OVERRULING) & set(os.environ)
    assert os.environ["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(environment.passphrase_file())
    assert environment.unset_names() == ()


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="no OpenSSH client")
def test_the_environment_brings_the_agent_back_after_a_reboot(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "user_ssh_folder", lambda: lab / ".ssh")
    access.prepare(())
    access.stop_agent()
    try:
        environment.variables()
        nodes.ensure_agent()
        assert access._agent_answers()
    finally:
        access.stop_agent()


@pytest.fixture
def pulumi(lab: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that makes and removes the stack, and its record of calls."""
    program = lab / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(PULUMI.format(calls=lab / "calls", state=lab / "state"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return lab / "calls"


def stacks(lab: Path) -> Path:
    folder = lab / "state" / "backend" / ".pulumi" / "stacks" / "aiswarm"
    folder.mkdir(parents=True)
    (folder / "lab.json").write_text(json.dumps({"version": 3}))
    return folder


def test_an_empty_stack_without_configuration_is_made_anew(lab: Path, pulumi: Path) -> None:
    stacks(lab)

    assert stack._salt() == "new"
    assert pulumi.read_text().splitlines() == ["stack rm --yes --preserve-config lab", "stack init lab"]


def test_a_stack_with_resources_is_not_removed_for_want_of_its_configuration(lab: Path, pulumi: Path) -> None:
    folder = stacks(lab)
    (folder / "resources").touch()

    with pytest.raises(StepError, match="must hold the salt of the stack") as failed:
        stack._salt()

    assert failed.value.hint == "make down, then make up"
    assert "still has resources" in str(failed.value)
    assert (folder / "lab.json").exists()
    assert "init" not in pulumi.read_text()


def test_a_complete_stack_keeps_its_salt(lab: Path, pulumi: Path) -> None:
    stacks(lab)
    environment.config_file().write_text(yaml.safe_dump({"encryptionsalt": "kept"}))

    assert stack._salt() == "kept"
    assert not pulumi.exists()


def test_a_locked_stack_is_told_with_the_way_out(pulumi: Path) -> None:
    program = pulumi.parent / "bin" / "pulumi"
    program.write_text("#!/bin/sh\necho error: the stack is currently locked by 1 lock; exit 1\n")

    with pytest.raises(StepError) as failed:
        stack._pulumi_up()

    assert failed.value.hint == "./swarm recover --stack lab --yes && make up"
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(StepError) as failed:
        stack._pulumi_up()
    assert failed.value.hint == "./swarm status"


def test_a_second_run_waits_for_the_first_and_says_so() -> None:
    waiting, entered = threading.Event(), threading.Event()

    class Said(io.StringIO):
        def write(self, text: str, /) -> int:
            if "wait for another run on the lab" in text:
                waiting.set()
            return super().write(text)

    def second() -> None:
        with lock.held(Steps(Console(file=Said(), width=300))):
            entered.set()

    thread = threading.Thread(target=second)
    with lock.held(Steps(Console(file=io.StringIO()))):
        thread.start()
        assert waiting.wait(timeout=10)
        assert not entered.is_set()
        shutil.rmtree(paths.state_dir())
    thread.join(timeout=10)

    assert entered.is_set()
    assert not paths.state_dir().exists()


@pytest.mark.parametrize("built", [True, False])
def test_everything_that_stops_a_build_is_said_before_it(
    monkeypatch: pytest.MonkeyPatch, built: bool
) -> None:
    monkeypatch.setattr(nodes, "obstacles", lambda: ["port 5000: must be free"])
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(preflight, "FREE_GB", 10**9)
    if built:
        (paths.cache_dir() / "registry").mkdir(parents=True)

    with pytest.raises(StepError, match="port 5000: must be free") as failed:
        preflight.check(Steps(Console(file=io.StringIO())))

    assert failed.value.hint == model.IN_THE_WAY
    assert ("GB free, got" in failed.value.what) is not built


def test_a_machine_that_can_carry_the_lab_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "obstacles", list)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(preflight, "FREE_GB", 0)
    steps = Steps(Console(file=io.StringIO()))

    preflight.check(steps)

    assert [step.name for step in steps.done] == ["this machine"]
