"""Logins that must be refused at the Vault server, each of them found in its audit log without its secret."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator

import httpx
import pytest

from lab import nodes
from lab.nodes import model
from ops.stack import Stack
from tests.e2e.vault import AUDIT_FILE, SERVER, Audit, client, in_agent, own_secret_id, program, refusals
from tests.e2e.waiting import eventually

LOGIN = "auth/approle/login"
ROLE = "auth/approle/role/node-thanos"
UNKNOWN = "invalid role or secret ID"
GONE = "wrapping token is not valid or does not exist"


def word() -> str:
    """What looks like one of our ids."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(48))


def log_in(node: str, deployed: Stack, role: str, secret_id: str) -> str:
    """What the server says to a login from inside of the node; `in` where it lets it in."""
    return in_agent(
        node,
        deployed,
        f"said=$(printf %s '{secret_id}' | login role_id={role} secret_id=-) && echo in || echo \"$said\"",
    )


def assert_audited(audit: Audit, path: str, node: str, secret: str) -> None:
    """Both devices have the refusal, and neither has the secret."""
    source = str(model.plan_of(node).address) if node else str(model.GATEWAY)
    for entries in (audit.printed(), audit.written()):
        assert refusals(entries, path, source), entries
    found = nodes.ssh(
        "oracle",
        f'IFS= read -r word; docker logs {SERVER} 2>&1 | grep -cF -e "$word" - {AUDIT_FILE}',
        stdin=f"{secret}\n",
        check=False,
    )
    assert [line.rpartition(":")[2] for line in found.splitlines()] == ["0", "0"]


@pytest.fixture
def ours(deployed: Stack) -> Iterator[httpx.Client]:
    with program(deployed) as ours:
        yield ours


@pytest.fixture
def audit(deployed: Stack) -> Audit:  # noqa: ARG001 - a server must be there
    return Audit.begin()


def test_a_wrong_role(deployed: Stack, audit: Audit) -> None:
    secret = own_secret_id("thanos")

    assert UNKNOWN in log_in("thanos", deployed, "node-nowhere", secret)
    assert_audited(audit, LOGIN, "thanos", secret)


def test_a_wrong_secret_id(deployed: Stack, audit: Audit) -> None:
    wrong = word()

    assert UNKNOWN in log_in("thanos", deployed, "node-thanos", wrong)
    assert_audited(audit, LOGIN, "thanos", wrong)


def test_right_credentials_from_another_node(deployed: Stack, audit: Audit) -> None:
    secret = own_secret_id("thanos")

    assert "unauthorized by CIDR restrictions" in log_in("starlord", deployed, "node-thanos", secret)
    assert_audited(audit, LOGIN, "starlord", secret)
    assert log_in("thanos", deployed, "node-thanos", secret) == "in"


def test_an_id_that_is_used_up(deployed: Stack, ours: httpx.Client, audit: Audit) -> None:
    once = word()
    ours.post(f"{ROLE}/custom-secret-id", json={"secret_id": once, "num_uses": 1}).raise_for_status()

    assert log_in("thanos", deployed, "node-thanos", once) == "in"
    assert UNKNOWN in log_in("thanos", deployed, "node-thanos", once)
    assert_audited(audit, LOGIN, "thanos", once)


def test_an_id_that_was_destroyed(deployed: Stack, ours: httpx.Client, audit: Audit) -> None:
    """As a rotation does it to the id of before."""
    old = word()
    ours.post(f"{ROLE}/custom-secret-id", json={"secret_id": old}).raise_for_status()
    assert log_in("thanos", deployed, "node-thanos", old) == "in"

    ours.post(f"{ROLE}/secret-id/destroy", json={"secret_id": old}).raise_for_status()

    assert UNKNOWN in log_in("thanos", deployed, "node-thanos", old)
    assert_audited(audit, LOGIN, "thanos", old)


def wrap(ours: httpx.Client, ttl: str, value: str) -> str:
    """A token that hands out the value once."""
    answer = ours.post("sys/wrapping/wrap", json={"value": value}, headers={"X-Vault-Wrap-TTL": ttl})
    return str(answer.raise_for_status().json()["wrap_info"]["token"])


def unwrap(deployed: Stack, token: str) -> httpx.Response:
    with client(deployed, token) as anyone:
        return anyone.post("sys/wrapping/unwrap")


def test_a_wrapping_token_opens_once(deployed: Stack, ours: httpx.Client, audit: Audit) -> None:
    hidden = word()
    token = wrap(ours, "60s", hidden)

    first, second = unwrap(deployed, token), unwrap(deployed, token)

    assert first.json()["data"] == {"value": hidden}
    assert (second.status_code, second.json()["errors"]) == (400, [GONE])
    assert_audited(audit, "sys/wrapping/unwrap", "", hidden)


def test_a_wrapping_token_that_ran_out(deployed: Stack, ours: httpx.Client, audit: Audit) -> None:
    hidden = word()
    token = wrap(ours, "1s", hidden)
    with client(deployed) as anyone:
        eventually(
            lambda: anyone.post("sys/wrapping/lookup", json={"token": token}).is_error,
            within_seconds=20,
        )

    late = unwrap(deployed, token)

    assert (late.status_code, late.json()["errors"]) == (400, [GONE])
    assert_audited(audit, "sys/wrapping/unwrap", "", hidden)
