"""A node's agent writes what the program means, byte for byte, and the version after everything else."""

from __future__ import annotations

import json
import stat

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from components.model.secrets import VERSION_FILE, SecretFile
from components.render.openbao import MOUNT, external_path
from tests.e2e.waiting import eventually
from tests.openbao.agent import AGENT_SECONDS, OTHER_GROUP, Agent, key, word
from tests.openbao.conftest import Running
from tests.openbao.server import put

ACL = "user default off\nuser swarm on >"
HARD = [
    '{{ with secret "secret/data/oracle/redis" }}{{ .Data.data }}{{ end }}',
    "{{- trimmed -}}",
    "}}",
    "{{",
    "`raw` \"double\" 'single' \\n \\ \\u0041 $HOME §{name} %s",
    "tab\there\r\nand\rreturns\n\n",
    "  \n",
    "\x00\x01\x1b\x7f",
    "äöü € 😀 \u2028 \ufeff \ufffd",
    "<no value>",
    "{{/* comment */}}",
]


@pytest.fixture
def agent(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Agent:
    return Agent(running, tmp_path_factory.mktemp("agent"))


def file(name: str, *parts: object) -> SecretFile:
    return SecretFile(name=name, parts=parts)  # type: ignore[arg-type] # whatever a test hands over


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate], database=None)
@example(texts=HARD)
@given(texts=st.lists(st.text(min_size=1), min_size=150, max_size=150))
def test_literal_text_and_values_arrive_byte_for_byte(
    running: Running, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """One agent writes all of them, each once as literal text and once as a value of the store."""
    agent = Agent(running, tmp_path_factory.mktemp("agent"))
    files = [file(f"f{number}", text, word(f"w{number}"), text) for number, text in enumerate(texts)]
    folder = agent.add("all", files)
    values = {f"w{number}": text for number, text in enumerate(texts)}
    put(running.program, agent.entry("all"), version="1", **values)
    with agent.start():
        agent.wait_for("1", "all")
    written = [(folder / one.name).read_bytes().decode() for one in files]
    assert written == [text * 3 for text in texts]


def test_files_are_for_the_consumers_group_alone(running: Running, agent: Agent) -> None:
    folder = agent.add("redis", [file("users.acl", ACL, word("redis-password"), "\n"), file("plain", "text")])
    put(running.program, agent.entry("redis"), version="7", **{"redis-password": "word"})
    with agent.start():
        agent.wait_for("7", "redis")
    found = {path.name: path.stat() for path in folder.iterdir()}
    assert set(found) == {"users.acl", "plain", VERSION_FILE}
    assert {(stat.S_IMODE(one.st_mode), one.st_gid) for one in found.values()} == {(0o440, OTHER_GROUP)}
    assert (folder / "users.acl").read_text() == f"{ACL}word\n"
    assert found[VERSION_FILE].st_mtime_ns == max(one.st_mtime_ns for one in found.values())


def test_the_version_waits_for_a_key_that_is_not_there_yet(running: Running, agent: Agent) -> None:
    """A file takes from the service's entry and from what the operator put in; other services do not wait."""
    mixed = file("keys.env", "A=", word("own"), "\nB=", key("late_key"), "\n")
    folder = agent.add("gateway", [mixed, file("own", word("own"))])
    agent.add("other", [file("word", word("own"))])
    for service in ("gateway", "other"):
        put(running.program, agent.entry(service), version="1", own="mine")
    with agent.start():
        agent.wait_for("1", "other")
        eventually((folder / "own").exists, within_seconds=AGENT_SECONDS, poll_seconds=0.05)
        assert not (folder / VERSION_FILE).exists()
        put(running.program, external_path("late_key"), value="theirs")
        agent.wait_for("1", "gateway")
    assert (folder / "keys.env").read_text() == "A=mine\nB=theirs\n"


def test_all_files_of_a_service_come_from_one_read(running: Running, agent: Agent) -> None:
    """So no file can lag behind the version."""
    agent.add("many", [file(f"f{number}", word(f"w{number}")) for number in range(20)])
    put(running.program, agent.entry("many"), version="1", **{f"w{number}": "x" for number in range(20)})
    with agent.start():
        agent.wait_for("1", "many")
    lines = [json.loads(line) for line in running.server.audit_file.read_text().splitlines()]
    reads = [
        line
        for line in lines
        if line["type"] == "response"
        and line["request"]["operation"] == "read"
        and line["request"]["path"] == f"{MOUNT}/data/{agent.entry('many')}"
    ]
    assert len(reads) == 1


def test_a_restart_brings_new_values_at_once_and_leaves_the_rest_alone(
    running: Running, agent: Agent
) -> None:
    folder = agent.add("db", [file("old", word("old")), file("changed", word("changed"))])
    put(running.program, agent.entry("db"), version="1", old="same", changed="before")
    with agent.start():
        agent.wait_for("1", "db")
    old = (folder / "old").stat()
    put(running.program, agent.entry("db"), version="2", old="same", changed="after")
    with agent.start_again():
        agent.wait_for("2", "db")
    assert (folder / "changed").read_text() == "after"
    untouched = (folder / "old").stat()
    assert (untouched.st_ino, untouched.st_mtime_ns) == (old.st_ino, old.st_mtime_ns)


def test_a_field_that_is_missing_is_never_written(running: Running, agent: Agent) -> None:
    folder = agent.add("web", [file("there", word("there")), file("missing", word("missing"))])
    put(running.program, agent.entry("web"), version="1", there="word")
    with agent.start() as started:
        eventually(lambda: "missing.ctmpl" in started.log, within_seconds=AGENT_SECONDS, poll_seconds=0.05)
        assert not (folder / "missing").exists()
        assert not (folder / VERSION_FILE).exists()
        put(running.program, agent.entry("web"), version="2", there="word", missing="found")
    with agent.start_again():
        agent.wait_for("2", "web")
    assert (folder / "missing").read_text() == "found"


def test_the_agents_log_holds_no_value(running: Running, agent: Agent) -> None:
    agent.add("quiet", [file("word", word("word"))])
    put(running.program, agent.entry("quiet"), version="1", word="not-to-be-seen")
    with agent.start() as started:
        agent.wait_for("1", "quiet")
    assert "rendered" in started.log
    assert "not-to-be-seen" not in started.log
    assert f"id-of-{agent.node}" not in started.log


def test_an_agent_logs_in_again_with_the_id_that_lies_there_then(running: Running, agent: Agent) -> None:
    agent.add("again", [file("word", word("word"))])
    put(running.program, agent.entry("again"), version="1", word="one")
    with agent.start():
        agent.wait_for("1", "again")
    role = f"auth/approle/role/node-{agent.node}"
    for path, secret_id in (("custom-secret-id", "next-id"), ("secret-id/destroy", f"id-of-{agent.node}")):
        running.program.post(f"{role}/{path}", json={"secret_id": secret_id}).raise_for_status()
    (agent.folder / "secret_id").write_text("next-id")
    put(running.program, agent.entry("again"), version="2", word="two")
    with agent.start_again():
        agent.wait_for("2", "again")
    assert (agent.output("again") / "word").read_text() == "two"
