"""The login of the program against a real OpenBao, and what is said where there is none."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest
from hvac import exceptions

from components.render.openbao import MOUNT, NODES_MOUNT, PULUMI_ROLE, external_path
from ops import certificates, vault
from ops.stack import Stack
from ops.vault import VaultError
from tests.unit.ops.vault_server import Server


@pytest.fixture
def trusting(vault_server: Server, lab_stack: Stack) -> Stack:
    return vault_server.stack(lab_stack)


def test_the_program_may_write_an_external_key_and_not_read_it(trusting: Stack) -> None:
    path = external_path("brave_api_key")
    with vault.connect(trusting) as client:
        client.secrets.kv.v2.create_or_update_secret(path, secret={"value": "x"}, mount_point=MOUNT)

        with pytest.raises(exceptions.Forbidden):
            client.secrets.kv.v2.read_secret_version(path, mount_point=MOUNT, raise_on_deleted_version=True)


def test_the_token_ends_with_the_block(trusting: Stack) -> None:
    with vault.connect(trusting) as client:
        token = client.token

    with vault.reach(trusting) as later:
        later.token = token
        with pytest.raises(exceptions.Forbidden):
            later.auth.token.lookup_self()


def test_the_operators_own_token_and_proxy_are_not_used(
    trusting: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "the operator's")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    with vault.reach(trusting) as client:
        assert client.token == ""
        assert client.read("sys/seal-status")


def test_a_refused_login_is_told_without_the_id(
    trusting: Stack, vault_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vault_server.outputs, "vault_secret_id", "of-another-stack")

    with (
        pytest.raises(VaultError, match="must accept the program's login") as caught,
        vault.connect(trusting),
    ):
        pass

    assert "of-another-stack" not in str(caught.value)
    assert vault_server.address in str(caught.value)


def test_a_forbidden_request_is_told_as_such(trusting: Stack) -> None:
    with pytest.raises(VaultError, match="must allow the program this"), vault.connect(trusting) as client:
        client.read("sys/storage/raft/configuration")


def test_another_authority_is_not_trusted(trusting: Stack) -> None:
    stranger = certificates.make_authority("stranger").certificate
    settings = trusting.settings.model_copy(
        update={"vault": trusting.settings.vault.model_copy(update={"ca_certificate": stranger})}
    )

    with (
        pytest.raises(VaultError, match="certificate must come from the stack's authority"),
        vault.connect(dataclasses.replace(trusting, settings=settings)),
    ):
        pass


def test_nobody_answers(trusting: Stack, vault_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.setitem(vault_server.outputs, "vault_address", address)

    with pytest.raises(VaultError, match=rf"{address}: must answer, got no answer"), vault.connect(trusting):
        pass


def test_a_sealed_server_is_told_as_sealed() -> None:
    sealed = exceptions.VaultDown(errors=["Vault is sealed"])

    with (
        pytest.raises(VaultError, match="must be unsealed and active, got Vault is sealed"),
        vault.explained("a"),
    ):
        raise sealed


def test_an_empty_server_is_told_as_empty() -> None:
    empty = exceptions.VaultNotInitialized(errors=["not initialized"])

    with pytest.raises(VaultError, match=r"see Begin anew in docs/secrets\.md"), vault.explained("a"):
        raise empty


def test_a_login_is_refused_once_its_id_has_ended(trusting: Stack, vault_server: Server) -> None:
    vault_server.login(PULUMI_ROLE, PULUMI_ROLE, "one more")

    def refusal() -> str:
        return vault.login_refusal(trusting, mount=PULUMI_ROLE, role=PULUMI_ROLE, login_id="one more")

    assert refusal() == ""
    vault_server.end_login(PULUMI_ROLE, PULUMI_ROLE, "one more")
    assert vault.UNKNOWN_ID in refusal()


def test_a_known_id_from_the_wrong_place_is_refused_with_other_words(
    trusting: Stack, vault_server: Server
) -> None:
    vault_server.login(NODES_MOUNT, "node-thanos", "of thanos")

    said = vault.login_refusal(trusting, mount=NODES_MOUNT, role="node-thanos", login_id="of thanos")

    assert "CIDR" in said
    assert vault.UNKNOWN_ID not in said


def test_the_authority_lies_nowhere_afterwards(
    trusting: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with vault.reach(trusting):
        (file,) = tmp_path.iterdir()
        assert file.stat().st_mode & 0o777 == 0o600

    assert list(tmp_path.iterdir()) == []
