"""local.Command: commands really run, secrets stay out of sight, an early end leaves nothing running."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2

from lab.plugins.kit.values import UNKNOWN, Secret
from tests.unit.lab.plugins.client import EngineLog
from tests.unit.lab.plugins.conftest import Plugin

LOCAL = "command:local:Command"


def test_whole_life_of_a_command(plugin: Plugin, tmp_path: Path) -> None:
    client, log = plugin(LOCAL), tmp_path / "log"
    inputs = {"create": f"echo create | tee -a {log}", "delete": f"echo delete >> {log}"}
    resource_id, state = client.create(inputs)
    assert resource_id.startswith("thing")
    assert state["stdout"] == "create"
    state = client.update(state, {**inputs, "update": f'echo "was $PULUMI_COMMAND_STDOUT" | tee -a {log}'})
    assert state["stdout"] == "was create"
    client.delete(state)
    assert log.read_text().splitlines() == ["create", "was create", "delete"]


def test_update_without_update_command_runs_create_again(plugin: Plugin) -> None:
    client = plugin(LOCAL)
    _, state = client.create({"create": "cat", "stdin": "one"})
    assert client.update(state, {"create": "cat", "stdin": "two"})["stdout"] == "two"


def test_nothing_to_run_is_fine(plugin: Plugin) -> None:
    client = plugin(LOCAL)
    _, state = client.create({"delete": "true"})
    assert (state["stdout"], state["stderr"]) == ("", "")
    assert client.update({"stdout": "kept", "stderr": ""}, {"delete": "true"})["stdout"] == "kept"


def test_dir_environment_and_interpreter_count(plugin: Plugin, tmp_path: Path) -> None:
    inputs = {
        "create": "import os; print(os.getcwd(), os.environ['ROLE'])",
        "interpreter": ["python3", "-c"],
        "dir": str(tmp_path),
        "environment": {"ROLE": "oracle"},
    }
    assert plugin(LOCAL).create(inputs)[1]["stdout"] == f"{tmp_path} oracle"


def test_outputs_are_plain_until_an_input_is_secret(plugin: Plugin) -> None:
    _, open_state = plugin(LOCAL).create({"create": "cat", "stdin": "word"})
    assert open_state["stdout"] == "word"
    _, state = plugin(LOCAL).create({"create": "cat", "stdin": Secret("word")})
    assert state["stdin"] == state["stdout"] == Secret("word")
    assert isinstance(state["stderr"], Secret)


def test_a_secret_deep_inside_an_input_taints_too(plugin: Plugin) -> None:
    inputs = {"create": "echo $TOKEN", "environment": {"TOKEN": Secret("word"), "PATH": "/usr/bin:/bin"}}
    _, state = plugin(LOCAL).create(inputs)
    assert state["stdout"] == Secret("word")
    assert state["environment"] == inputs["environment"]


def test_failure_shows_status_command_and_both_outputs_but_not_stdin(plugin: Plugin) -> None:
    command = "cat >/dev/null; echo out; echo err >&2; exit 3"
    text = plugin(LOCAL).failure({"create": command, "stdin": "sentinel-in", "logging": "none"})
    assert text.startswith(f'exit status 3: running "{command}":\n')
    assert "out\n" in text
    assert "err\n" in text
    assert "sentinel-in" not in text


def test_missing_interpreter_and_folder_are_named(plugin: Plugin) -> None:
    assert "/no/such/shell: must be possible to start" in plugin(LOCAL).failure(
        {"create": "true", "interpreter": ["/no/such/shell"]}
    )
    assert "/no/such/folder" in plugin(LOCAL).failure({"create": "true", "dir": "/no/such/folder"})


@pytest.mark.parametrize(
    ("logging", "expected"),
    [(None, {"out", "err"}), ("stdout", {"out"}), ("stderr", {"err"}), ("none", set())],
)
def test_logging_chooses_what_the_operator_sees(
    plugin: Plugin, engine_log: EngineLog, logging: str | None, expected: set[str]
) -> None:
    client = plugin(LOCAL)
    _, state = client.create({"create": "echo out; echo err >&2", "logging": logging})
    assert set(engine_log.messages()) == expected
    assert all(line.urn == client.urn and line.ephemeral for line in engine_log.lines)
    assert (state["stdout"], state["stderr"]) == ("out", "err")


def test_preview_runs_nothing_and_promises_outputs(plugin: Plugin, tmp_path: Path) -> None:
    client, file = plugin(LOCAL), tmp_path / "made"
    _, state = client.create({"create": f"touch {file}", "stdin": Secret(UNKNOWN)}, preview=True)
    assert state["stdout"] == Secret(UNKNOWN)
    assert state["stdin"] == Secret(UNKNOWN)
    old = {"create": f"touch {file}", "stdout": "before", "stderr": ""}
    assert client.update(old, {"create": f"touch {file} "}, preview=True)["stdout"] == UNKNOWN
    assert not file.exists()


def test_triggers_replace_and_other_changes_update(plugin: Plugin) -> None:
    old = {"create": "true", "triggers": ["1"]}
    assert plugin(LOCAL).diff(old, {**old, "triggers": ["2"]}).replaces == ["triggers"]
    diff = plugin(LOCAL).diff(old, {**old, "create": "false"})
    assert (diff.replaces, diff.kinds) == ([], {"create": "UPDATE"})
    assert not plugin(LOCAL).diff(old, dict(old)).some


def test_large_streams_in_all_directions_do_not_block(plugin: Plugin) -> None:
    text = "x" * 300_000
    _, state = plugin(LOCAL).create({"create": "tee /dev/stderr", "stdin": text, "logging": "none"})
    assert state["stdout"] == state["stderr"] == text


def test_command_that_ignores_its_input_succeeds(plugin: Plugin) -> None:
    assert plugin(LOCAL).create({"create": "true", "stdin": "x" * 300_000})[1]["stdout"] == ""


def test_timeout_ends_the_command_and_its_children(plugin: Plugin, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sleep 600 & echo $! > {pids}; wait"
    assert plugin(LOCAL).failure({"create": command}, timeout=0.5) == "timed out after 0.5 s"
    child, deadline = int(pids.read_text()), time.monotonic() + 10
    while not _gone(child):
        assert time.monotonic() < deadline, "the command's child must end with it"
        os.sched_yield()


def test_cancel_ends_the_command_and_what_comes_after(plugin: Plugin, engine_log: EngineLog) -> None:
    client = plugin(LOCAL)
    failures: list[str] = []
    running = threading.Thread(
        target=lambda: failures.append(client.failure({"create": "echo started; sleep 600"}))
    )
    running.start()
    engine_log.wait_for("started")
    client.stub.Cancel(empty_pb2.Empty())
    running.join(10)
    assert failures == ["cancelled"]
    assert client.failure({"create": "sleep 600"}) == "cancelled"


def test_unsupported_parts_are_refused_by_name(plugin: Plugin) -> None:
    failures = plugin(LOCAL).check({"create": "true", "assetPaths": ["*"]}).failures
    assert [prop for prop, _ in failures] == ["assetPaths"]
    assert plugin(LOCAL).check({"logging": "loud"}).failures == [
        ("logging", "logging: must be one of stdout, stderr, stdoutAndStderr, none")
    ]


def test_commands_cannot_be_imported(plugin: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="it cannot be imported"):
        plugin(LOCAL).read("some-id")


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
