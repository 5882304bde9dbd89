"""What the operator is told of the containers, given what Docker says over SSH."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops import hosts
from ops.hosts import State
from ops.prove.search import on
from ops.stack import Stack
from tests.unit.ops.accounts import with_account


def fake_ssh(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put an `ssh` first on PATH that does what the script says; its last argument is the remote command."""
    program = folder / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def container(
    name: str, status: str = "running", health: str | None = "healthy", **more: object
) -> dict[str, object]:
    state: dict[str, object] = {
        "Status": status,
        "ExitCode": 137,
        "StartedAt": "2026-01-02T03:04:05.678901234Z",
    }
    if health is not None:
        state["Health"] = {"Status": health}
    return {
        "Name": f"/{name}",
        "State": state,
        "RestartCount": 0,
        "Config": {"Image": "registry/swarm/x:1@sha256:00", "Labels": {}},
        **more,
    }


def states(stack: Stack, node: str) -> dict[str, State]:
    """States of a node's engines; what else runs there is told in the same way."""
    return {item.name: item.state for item in hosts.survey(stack) if item.name.startswith(f"{node}-vllm-")}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (container("thanos-vllm-backup"), State.HEALTHY),
        (container("thanos-vllm-backup", health=None), State.RUNNING),
        (container("thanos-vllm-backup", health="starting"), State.STARTING),
        (container("thanos-vllm-backup", health="unhealthy"), State.UNHEALTHY),
        (container("thanos-vllm-backup", status="exited"), State.STOPPED),
        (container("thanos-vllm-backup", status="restarting"), State.STARTING),
        (container("thanos-something-else"), State.MISSING),
    ],
)
def test_state(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, object], state: State
) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps([found]))
    fake_ssh(tmp_path, monkeypatch, f"cat {answer}")

    assert states(lab_stack, "thanos") == {"thanos-vllm-backup": state}


@pytest.mark.parametrize(("status", "runs"), [("running", True), ("exited", False), ("created", False)])
def test_only_what_runs_is_up(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, runs: bool
) -> None:
    started = (datetime.now(UTC) - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    found = container("thanos-vllm-backup", status=status)
    found["State"] = {**found["State"], "StartedAt": started}  # type: ignore[dict-item]  # JSON
    (tmp_path / "answer.json").write_text(json.dumps([found]))
    fake_ssh(tmp_path, monkeypatch, f"cat {tmp_path}/answer.json")

    (seconds,) = [
        item.uptime_seconds for item in hosts.survey(lab_stack) if item.name == "thanos-vllm-backup"
    ]

    assert (seconds is not None and 7200 <= seconds < 7300) if runs else seconds is None


def test_a_node_without_containers(lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_ssh(tmp_path, monkeypatch, "exit 0")

    assert set(states(lab_stack, "starlord").values()) == {State.MISSING}


def test_an_unreachable_node_is_said_of_each_of_its_services(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_ssh(tmp_path, monkeypatch, "echo 'connect to host: No route to host' >&2; exit 255")

    found = hosts.survey(lab_stack)

    assert len(found) == len(lab_stack.services)
    assert {item.state for item in found} == {State.UNREACHABLE}
    assert all("No route to host" in item.detail for item in found)


def test_a_docker_that_fails_is_not_an_unreachable_node(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_ssh(tmp_path, monkeypatch, "echo 'Cannot connect to the Docker daemon' >&2; exit 1")

    found = hosts.survey(lab_stack)

    assert {item.state for item in found} == {State.DOCKER_FAILED}
    assert all("Cannot connect to the Docker daemon" in item.detail for item in found)
    assert not any(item.state.good for item in found)


REMOTE = 'for command; do :; done; exec sh -c "$command"'
"""An ssh that runs the remote command here."""


def fake_docker(folder: Path, script: str) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\ncase $1 in\n{script}\nesac\n")
    program.chmod(0o755)


def test_a_container_that_goes_away_while_one_looks_hides_no_other(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answer.json").write_text(json.dumps([container("thanos-vllm-backup")]))
    fake_ssh(tmp_path, monkeypatch, REMOTE)
    gone = "echo 'Error: No such object: bbb' >&2; exit 1"
    fake_docker(
        tmp_path, f"ps) echo aaa; echo bbb;;\ninspect) cat {tmp_path}/answer.json; {gone};;\nversion) ;;"
    )

    assert states(lab_stack, "thanos") == {"thanos-vllm-backup": State.HEALTHY}


@pytest.mark.parametrize("broken", ["ps", "inspect"])
def test_a_docker_that_dies_while_one_looks_is_told(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    dead = "echo 'Cannot connect' >&2; exit 1;;"
    works = {"ps": "echo aaa;;", "inspect": "echo '[]';;"}
    fake_ssh(tmp_path, monkeypatch, REMOTE)
    fake_docker(
        tmp_path, "\n".join(f"{name}) {dead if name == broken else works[name]}" for name in works)
        + f"\nversion) {dead}",
    )  # fmt: skip

    assert states(lab_stack, "thanos") == {"thanos-vllm-backup": State.DOCKER_FAILED}


def test_connect_says_which_node_refuses(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = f"*@{lab_stack.nodes['thanos'].address}*) echo 'Connection refused' >&2; exit 255;;"
    fake_ssh(tmp_path, monkeypatch, f'case "$*" in {refused} esac')

    answers = hosts.connect(lab_stack)

    assert (answers["oracle"], answers["starlord"]) == ("", "")
    assert "Connection refused" in answers["thanos"]


def test_stand_in_is_told(lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = tmp_path / "answer.json"
    labels = {"Image": "registry/swarm/vllm:1@sha256:00", "Labels": {"aiswarm.stand-in": "true"}}
    answer.write_text(json.dumps([container("thanos-vllm-backup", Config=labels)]))
    fake_ssh(tmp_path, monkeypatch, f"cat {answer}")

    stand_ins = {item.name for item in hosts.survey(lab_stack) if item.stand_in}

    assert stand_ins == {"thanos-vllm-backup"}


def test_what_must_not_be_seen_goes_through_standard_input(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_ssh(tmp_path, monkeypatch, f'printf "%s\\n" "$@" > {tmp_path}/arguments; {REMOTE}')

    answer = hosts.on_node(lab_stack.nodes["thanos"], "tr a-z A-Z", stdin="pass\nword")

    assert answer == "PASS\nWORD"
    assert "pass" not in (tmp_path / "arguments").read_text()


@pytest.mark.parametrize(("user", "asked"), [("root", "no"), ("operator", "yes")])
def test_a_search_of_a_node_runs_as_root(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str, asked: str
) -> None:
    fake_ssh(tmp_path, monkeypatch, REMOTE)
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\n[ "$1" = -n ] || exit 1\nshift\nSUDO=yes exec "$@"\n')
    sudo.chmod(0o755)
    node = with_account(lab_stack, "thanos", user).nodes["thanos"]

    assert on(node)("echo \"${SUDO:-no}\"; tr -d '\n'", "it's quoted\n") == f"{asked}\nit's quoted"


def test_an_answer_may_hold_any_byte(
    lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_ssh(tmp_path, monkeypatch, REMOTE)

    assert hosts.on_node(lab_stack.nodes["thanos"], r"printf 'a\377b'") == "a\ufffdb"
