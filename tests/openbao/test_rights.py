"""What the policies let the program and a node's agent do, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from components.render.openbao import external_path
from tests.openbao.conftest import Running
from tests.openbao.server import add_node, put

OWN, OWN_KEY = "thanos/searcher", external_path("own_key")
FOREIGN, FOREIGN_KEY = "oracle/searcher", external_path("foreign_key")


@pytest.fixture(scope="module")
def node(running: Running) -> httpx.Client:
    """The rights of a node's agent."""
    add_node(running.program, "node-thanos", "id-of-thanos", [OWN, OWN_KEY])
    for entry in (OWN, OWN_KEY, FOREIGN, FOREIGN_KEY):
        put(running.program, entry, value="there")
    return running.server.log_in("id-of-thanos", mount="approle", role="node-thanos")


@pytest.mark.parametrize("entry", [OWN, OWN_KEY])
def test_an_agent_reads_its_own_entries(node: httpx.Client, entry: str) -> None:
    answer = node.get(f"secret/data/{entry}").raise_for_status()
    assert answer.json()["data"]["data"] == {"value": "there"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"secret/data/{FOREIGN}"),
        ("GET", f"secret/data/{FOREIGN_KEY}"),
        ("GET", f"secret/data/{OWN}/deeper"),
        ("GET", "secret/data/thanos"),
        ("LIST", "secret/metadata/thanos"),
        ("GET", f"secret/metadata/{OWN}"),
        ("POST", f"secret/data/{OWN}"),
        ("DELETE", f"secret/data/{OWN}"),
        ("POST", f"secret/data/{OWN_KEY}"),
        ("GET", "sys/mounts"),
        ("GET", "sys/auth"),
        ("GET", "sys/policies/acl/pulumi"),
        ("GET", "sys/storage/raft/snapshot"),
        ("POST", "auth/approle/role/node-thanos/secret-id"),
        ("GET", "auth/approle/role/node-thanos/role-id"),
        ("POST", "auth/token/create"),
    ],
)
def test_an_agent_may_do_nothing_else(node: httpx.Client, method: str, path: str) -> None:
    body = {"data": {"value": "mine"}} if method == "POST" else None
    assert node.request(method, path, json=body).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "auth/token/create"),
        ("GET", f"secret/data/{OWN_KEY}"),
        ("DELETE", "sys/policies/acl/pulumi"),
        ("DELETE", "sys/auth/pulumi"),
        ("POST", "auth/pulumi/role/pulumi"),
        ("POST", "auth/pulumi/role/pulumi/secret-id"),
        ("POST", "sys/mounts/more"),
        ("POST", "sys/auth/more"),
        ("PUT", "sys/audit/more"),
        ("PUT", "sys/seal"),
        ("POST", "sys/storage/raft/snapshot-force"),
    ],
)
def test_the_program_may_not(running: Running, node: httpx.Client, method: str, path: str) -> None:
    assert node
    assert running.program.request(method, path, json={"type": "kv"}).status_code == 403


@pytest.fixture
def role(running: Running) -> Iterator[str]:
    """A role that the program makes and removes."""
    made = "auth/approle/role/short-lived"
    running.program.post(made, json={"token_policies": ["short-lived"]}).raise_for_status()
    yield made
    running.program.delete(made).raise_for_status()


def test_the_program_keeps_the_logins_of_nodes(running: Running, role: str) -> None:
    """In the order of what the official plugin asks for a secret id of our choice."""
    program = running.program
    assert program.get(role).json()["data"]["token_policies"] == ["short-lived"]
    registered = program.post(f"{role}/custom-secret-id", json={"secret_id": "of-our-choice"})
    accessor = {"secret_id_accessor": registered.raise_for_status().json()["data"]["secret_id_accessor"]}
    assert program.post(f"{role}/secret-id-accessor/lookup", json=accessor).is_success
    assert program.post(f"{role}/secret-id-accessor/destroy", json=accessor).is_success
    assert program.get("auth/approle/role", params={"list": "true"}).json()["data"]["keys"]


def test_the_program_keeps_entries_with_their_history(running: Running) -> None:
    program, name = running.program, "thanos/short-lived"
    put(program, name, word="first")
    put(program, name, word="second")
    assert program.get(f"secret/data/{name}", params={"version": 1}).json()["data"]["data"]["word"] == "first"
    assert program.get(f"secret/metadata/{name}").json()["data"]["current_version"] == 2
    assert program.delete(f"secret/metadata/{name}").is_success
    assert program.get(f"secret/data/{name}").status_code == 404


def test_the_program_puts_keys_in_and_sees_only_that_they_are_there(running: Running) -> None:
    program, name = running.program, external_path("short_lived_key")
    put(program, name, value="not for the program")
    assert program.get(f"secret/data/{name}").status_code == 403
    assert program.get(f"secret/metadata/{name}").json()["data"]["current_version"] == 1
    assert "short_lived_key" in program.request("LIST", "secret/metadata/external").json()["data"]["keys"]
    assert program.delete(f"secret/metadata/{name}").is_success


def test_the_program_looks_after_mounts_and_policies(running: Running) -> None:
    program = running.program
    for path in ("sys/mounts/secret", "sys/mounts/secret/tune", "sys/auth/approle", "sys/auth/approle/tune"):
        assert program.get(path).is_success, path
    own = program.get("sys/policies/acl/pulumi").json()["data"]["policy"]
    assert program.post("sys/policies/acl/pulumi", json={"policy": own}).is_success
    tuned = program.post("sys/mounts/auth/approle/tune", json={"description": "Agents of the nodes"})
    assert tuned.is_success
    assert program.get("sys/storage/raft/snapshot").content[:2] == b"\x1f\x8b"
