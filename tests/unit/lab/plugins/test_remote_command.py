"""remote.Command against a real sshd: logins, host keys, errors, secrets, early ends."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from google.protobuf import empty_pb2

from lab.plugins.kit.values import Secret, plain
from tests.unit.lab.plugins.client import EngineLog
from tests.unit.lab.plugins.conftest import Plugin, Sshd, free_port

REMOTE = "command:remote:Command"
CONNECTION = (
    "host, port, user, password, privateKey, privateKeyPassword, agentSocketPath, hostKey, "
    "dialErrorLimit, perDialTimeout, proxy"
)


def test_agent_from_the_environment_logs_in_and_no_key_enters_the_state(
    plugin: Plugin, sshd: Sshd, agent: Path
) -> None:
    _, state = plugin(REMOTE).create({"connection": sshd.connection(), "create": "echo by agent; whoami"})
    assert agent.is_socket()
    assert plain(state["stdout"]) == f"by agent\n{sshd.user}"
    assert "PRIVATE KEY" not in str(plain(state["connection"]))


@pytest.mark.usefixtures("agent")
def test_agent_at_a_given_socket_logs_in(
    plugin: Plugin, sshd: Sshd, agent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK")
    connection = sshd.connection(agentSocketPath=str(agent))
    assert plain(plugin(REMOTE).create({"connection": connection, "create": "echo in"})[1]["stdout"]) == "in"


@pytest.mark.usefixtures("no_agent")
def test_private_key_logs_in_also_when_encrypted(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    key = sshd.client_key.read_text()
    inputs = {"connection": sshd.connection(privateKey=Secret(key)), "create": "echo in"}
    assert plain(plugin(REMOTE).create(inputs)[1]["stdout"]) == "in"
    locked = tmp_path / "locked"
    locked.write_text(key)
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", locked], check=True)
    connection = sshd.connection(privateKey=locked.read_text(), privateKeyPassword="open sesame")
    assert plain(plugin(REMOTE).create({**inputs, "connection": connection})[1]["stdout"]) == "in"


def test_outputs_and_connection_are_always_secret(plugin: Plugin, sshd: Sshd, agent: Path) -> None:
    assert agent.is_socket()
    _, state = plugin(REMOTE).create({"connection": sshd.connection(), "create": "echo out"})
    assert state["stdout"] == Secret("out")
    assert isinstance(state["connection"], Secret)
    assert state["create"] == "echo out"


@pytest.mark.usefixtures("agent")
def test_whole_life_of_a_command(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    client, log = plugin(REMOTE), tmp_path / "log"
    inputs = {
        "connection": sshd.connection(),
        "create": f"cat >> {log}",
        "update": f"sed s/^/again-/ >> {log}",
        "delete": f"echo gone >> {log}",
        "addPreviousOutputInEnv": False,
        "stdin": "one\n",
    }
    _, state = client.create(inputs)
    state = client.update(state, {**inputs, "stdin": "two\n"})
    client.delete(state)
    assert log.read_text().splitlines() == ["one", "again-two", "gone"]


@pytest.mark.usefixtures("agent")
def test_secret_stdin_arrives_and_shows_nowhere(plugin: Plugin, sshd: Sshd, engine_log: EngineLog) -> None:
    inputs = {"connection": sshd.connection(), "create": "sha256sum", "stdin": Secret("sentinel-word")}
    _, state = plugin(REMOTE).create(inputs)
    assert hashlib.sha256(b"sentinel-word").hexdigest() in str(plain(state["stdout"]))
    assert state["stdin"] == Secret("sentinel-word")
    assert "sentinel-word" not in str({name: value for name, value in state.items() if name != "stdin"})
    failed = plugin(REMOTE).failure({**inputs, "create": "cat >/dev/null; exit 1"})
    assert "sentinel-word" not in failed
    assert not any("sentinel-word" in line for line in engine_log.messages())


@pytest.mark.usefixtures("agent")
def test_failure_shows_status_command_and_both_outputs(plugin: Plugin, sshd: Sshd) -> None:
    command = "echo out; echo err >&2; exit 7"
    text = plugin(REMOTE).failure({"connection": sshd.connection(), "create": command})
    assert text.startswith(f'Process exited with status 7: running "{command}":\n')
    assert "out\n" in text
    assert "err\n" in text


@pytest.mark.usefixtures("agent")
def test_wrong_host_key_is_refused_with_host_and_port(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    wrong = sshd.client_key.with_suffix(".pub").read_text()
    marker = tmp_path / "ran"
    text = plugin(REMOTE).failure({"connection": sshd.connection(hostKey=wrong), "create": f"touch {marker}"})
    assert f"{sshd.user}@127.0.0.1:{sshd.port}: host key must be SHA256:" in text
    assert not marker.exists()


@pytest.mark.usefixtures("agent")
def test_host_key_is_not_verified_where_none_is_given(plugin: Plugin, sshd: Sshd) -> None:
    inputs = {"connection": sshd.connection(hostKey=None), "create": "echo in"}
    assert plain(plugin(REMOTE).create(inputs)[1]["stdout"]) == "in"


@pytest.mark.usefixtures("agent")
def test_unreachable_host_is_named_after_the_allowed_retries(
    plugin: Plugin, sshd: Sshd, engine_log: EngineLog
) -> None:
    port = free_port()
    text = plugin(REMOTE).failure(
        {"connection": sshd.connection(port=port, dialErrorLimit=2), "create": "true"}
    )
    assert text.startswith(f"{sshd.user}@127.0.0.1:{port}: must be reachable, got ")
    assert text.endswith("(tried 3 times)")
    assert len(engine_log.lines) == 2


@pytest.mark.usefixtures("no_agent")
def test_port_without_ssh_is_named(plugin: Plugin, sshd: Sshd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = int(silent.getsockname()[1])
        connection = sshd.connection(port=port, perDialTimeout=1)
        text = plugin(REMOTE).failure({"connection": connection, "create": "true"})
    assert text.startswith(f"{sshd.user}@127.0.0.1:{port}: must be reachable, got ")


@pytest.mark.usefixtures("agent")
def test_lost_connection_is_told(plugin: Plugin, sshd: Sshd) -> None:
    text = plugin(REMOTE).failure({"connection": sshd.connection(), "create": "kill -9 $PPID"})
    assert text.startswith("remote command exited without exit status: running ")


@pytest.mark.usefixtures("no_agent")
def test_refused_login_is_named(plugin: Plugin, sshd: Sshd) -> None:
    text = plugin(REMOTE).failure({"connection": sshd.connection(), "create": "true"})
    assert f"127.0.0.1:{sshd.port}: must accept a login, got a refusal of 0 keys and no password" in text


def test_stale_agent_socket_is_named(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    connection = sshd.connection(agentSocketPath=str(gone))
    text = plugin(REMOTE).failure({"connection": connection, "create": "true"})
    assert text.startswith(f"SSH agent: must answer at {gone}, got ")


@pytest.mark.usefixtures("no_agent")
@pytest.mark.parametrize("name", ["hostKey", "privateKey"])
def test_malformed_keys_are_refused_without_showing_them(plugin: Plugin, sshd: Sshd, name: str) -> None:
    text = plugin(REMOTE).failure({"connection": sshd.connection(**{name: "sentinel"}), "create": "true"})
    assert text.startswith(f"connection.{name}: must be ")
    assert "sentinel" not in text


@pytest.mark.usefixtures("agent")
def test_environment_needs_the_servers_consent(plugin: Plugin, sshd: Sshd) -> None:
    inputs = {"connection": sshd.connection(), "create": "echo $LAB_ROLE", "environment": {"LAB_ROLE": "x y"}}
    assert plain(plugin(REMOTE).create(inputs)[1]["stdout"]) == "x y"
    text = plugin(REMOTE).failure({**inputs, "environment": {"ROLE": "oracle"}})
    assert text.startswith("environment.ROLE: the SSH server must accept")


@pytest.mark.usefixtures("agent")
def test_refused_previous_output_is_only_a_warning(plugin: Plugin, sshd: Sshd, engine_log: EngineLog) -> None:
    client, inputs = plugin(REMOTE), {"connection": sshd.connection(), "create": "echo out"}
    _, state = client.create(inputs)
    assert plain(client.update(state, inputs)["stdout"]) == "out"
    assert [line.message.split(":")[0] for line in engine_log.lines if line.severity == 2] == [
        "PULUMI_COMMAND_STDOUT"
    ]


@pytest.mark.usefixtures("agent")
def test_proxy_is_gone_through(plugin: Plugin, sshd: Sshd) -> None:
    proxy = sshd.connection()
    inputs = {"connection": sshd.connection(host="localhost", proxy=proxy), "create": "echo $SSH_CLIENT"}
    assert str(plain(plugin(REMOTE).create(inputs)[1]["stdout"])).startswith(("127.0.0.1", "::1"))
    text = plugin(REMOTE).failure({**inputs, "connection": sshd.connection(proxy={**proxy, "port": 1})})
    assert f"{sshd.user}@127.0.0.1:1: must be reachable" in text


@pytest.mark.usefixtures("agent")
def test_large_stdin_and_output_do_not_block(plugin: Plugin, sshd: Sshd) -> None:
    text = "line\n" * 200_000
    inputs = {"connection": sshd.connection(), "create": "cat", "stdin": text, "logging": "none"}
    assert plain(plugin(REMOTE).create(inputs)[1]["stdout"]) == text.removesuffix("\n")


@pytest.mark.usefixtures("agent")
def test_cancel_closes_the_connection(plugin: Plugin, sshd: Sshd, engine_log: EngineLog) -> None:
    client = plugin(REMOTE)
    until_disconnected = "echo started; while kill -0 $PPID; do sleep 0.1; done"
    inputs = {"connection": sshd.connection(), "create": until_disconnected}
    failures: list[str] = []
    running = threading.Thread(target=lambda: failures.append(client.failure(inputs)))
    running.start()
    engine_log.wait_for("started")
    client.stub.Cancel(empty_pb2.Empty())
    running.join(10)
    assert failures == ["cancelled"]


@pytest.mark.usefixtures("no_agent")
def test_timeout_interrupts_endless_dialling(plugin: Plugin, sshd: Sshd) -> None:
    connection = sshd.connection(port=free_port(), dialErrorLimit=-1)
    text = plugin(REMOTE).failure({"connection": connection, "create": "true"}, timeout=0.5)
    assert text == "timed out after 0.5 s"


def test_check_fills_in_the_connection_and_never_names_a_secret_value(plugin: Plugin) -> None:
    checked = plugin(REMOTE).check({"connection": {"host": "h", "proxy": {"host": "p"}}})
    defaults = {"port": 22, "user": "root", "dialErrorLimit": 10, "perDialTimeout": 15}
    assert checked.failures == []
    assert checked.inputs["connection"] == Secret(
        {"host": "h", **defaults, "proxy": {"host": "p", **defaults}}
    )
    wrong = {"connection": Secret({"port": "sentinel", "proxy": {}, "colour": "sentinel"})}
    assert plugin(REMOTE).check(wrong).failures == [
        ("", reason)
        for reason in [
            f"connection.colour: must be one of {CONNECTION} in the lab",
            "connection.host: must be set, got nothing",
            "connection.port: must be a whole number, got a value of another type",
            "connection.proxy.host: must be set, got nothing",
        ]
    ]
    assert plugin(REMOTE).check({}).failures == [("connection", "connection: must be set, got nothing")]


def test_a_changed_connection_updates_and_its_defaults_do_not(plugin: Plugin) -> None:
    old = {"connection": {"host": "h"}, "create": "true"}
    same = {"connection": Secret({"host": "h", "port": 22.0, "user": "root"}), "create": "true"}
    assert not plugin(REMOTE).diff(old, same).some
    diff = plugin(REMOTE).diff(old, {**old, "connection": {"host": "other"}})
    assert (diff.kinds, diff.replaces) == ({"connection": "UPDATE"}, [])
