"""The vault plugin's provider: what it is told, when it logs in, and how it fails."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from lab.plugins.kit.values import UNKNOWN, Secret, from_struct, to_struct
from lab.plugins.resource_vault import server
from tests.unit.lab.plugins.conftest import free_port
from tests.unit.lab.plugins.vault.conftest import Bao, Vault, known

POLICY = "vault:index/policy:Policy"
INPUTS = {"name": "a", "policy": "# a"}

Scripted = Callable[..., str]


def _login(path: str = "auth/pulumi/login") -> str:
    return json.dumps({"path": path, "parameters": {"role_id": "pulumi", "secret_id": "sentinel"}})


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for a server that may be starting."""
    monkeypatch.setattr(server, "RETRY_SECONDS", 0)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Starts an HTTP server that gives one answer after the other, the last one for ever."""
    servers = []

    def start(*answers: tuple[int, object]) -> str:
        left = list(answers)

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

            do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names that the base class looks for

        found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}).start()
        servers.append(found)
        return f"http://127.0.0.1:{found.server_port}"

    yield start
    for found in servers:
        found.shutdown()
        found.server_close()


def test_nothing_is_contacted_before_something_is_written(vault: Vault) -> None:
    client = vault(POLICY, address=f"https://127.0.0.1:{free_port()}", caCertFile="/no/such/file")
    assert client.check(INPUTS).failures == []
    assert client.create(INPUTS, preview=True) == ("", INPUTS)
    assert client.update(INPUTS, {**INPUTS, "policy": "# b"}, preview=True)["policy"] == "# b"
    assert client.diff(INPUTS, {**INPUTS, "policy": "# b"}).some


def test_server_that_is_down_is_named_soon(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "RETRY_SECONDS", 1)
    address = f"https://127.0.0.1:{free_port()}"
    client, start = vault(POLICY, address=address), time.monotonic()
    text = f"{address}: must answer, got [Errno 111] Connection refused"
    assert client.failure(INPUTS) == text
    assert time.monotonic() - start < 5
    again = time.monotonic()
    with pytest.raises(grpc.RpcError, match="Connection refused"):
        client.read("a", INPUTS, INPUTS)
    assert time.monotonic() - again < 0.5, "a login that failed must not be waited for again"


def test_server_that_never_answers_is_named(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert vault(POLICY, address=address).failure(INPUTS) == f"{address}: must answer, got timed out"


@pytest.mark.parametrize(
    "passing", [(503, {"errors": ["Vault is sealed"]}), (400, {"errors": [f"{server.UPGRADING}. Wait."]})]
)
def test_server_that_is_starting_is_waited_for(
    vault: Vault, scripted: Scripted, passing: tuple[int, object]
) -> None:
    address = scripted(passing, (200, {"auth": {"client_token": "t"}}), passing, (204, b""))
    assert vault(POLICY, address=address).create(INPUTS)[0] == "a"


@pytest.mark.usefixtures("impatient")
def test_sealed_server_is_told(vault: Vault, scripted: Scripted) -> None:
    address = scripted((503, {"errors": ["Vault is sealed"]}))
    text = f"{address}: POST auth/pulumi/login must succeed, got HTTP 503 (Vault is sealed)"
    assert vault(POLICY, address=address).failure(INPUTS) == text


def test_another_program_on_that_port_is_told(vault: Vault, scripted: Scripted) -> None:
    page = scripted((502, b"<html>Bad Gateway</html>"))
    text = f"{page}: POST auth/pulumi/login must succeed, got HTTP 502"
    assert vault(POLICY, address=page).failure(INPUTS) == text
    text = "authLogin.path: must be a login that answers with a token, got an answer without"
    assert vault(POLICY, address=scripted((200, b"welcome"))).failure(INPUTS) == text


def test_wrong_secret_id_is_refused_without_showing_it(vault: Vault, bao: Bao) -> None:
    client = vault(POLICY, authLogin=Secret(_login()))
    wanted = f"{bao.address}: POST auth/pulumi/login must succeed, got HTTP 400 (invalid role or secret ID)"
    assert client.failure(INPUTS) == wanted


def test_login_at_a_missing_method_is_told(vault: Vault, bao: Bao) -> None:
    text = vault(POLICY, authLogin=_login(path="auth/nowhere/login")).failure(INPUTS)
    assert text.startswith(f"{bao.address}: POST auth/nowhere/login must succeed, got HTTP 403")


def test_missing_rights_are_told_with_the_path(vault: Vault, bao: Bao) -> None:
    text = vault("vault:kv/secretV2:SecretV2").failure({"mount": "a", "name": "b", "dataJson": '{"c": "d"}'})
    assert text.startswith(f"{bao.address}: POST a/data/b must succeed, got HTTP 403 (")


def test_child_token_needs_the_right_to_make_one(vault: Vault, bao: Bao) -> None:
    text = vault(POLICY, skipChildToken=None).failure(INPUTS)
    assert text.startswith(f"{bao.address}: POST auth/token/create must succeed, got HTTP 403 (")


def test_child_token_is_short_lived_and_cannot_be_renewed(vault: Vault, bao: Bao, unique: str) -> None:
    login = {"role_id": unique, "secret_id": unique}
    paths = ("auth/token/create", "sys/policies/acl/*")
    rights = [f'path "{path}" {{ capabilities = ["create", "update"] }}' for path in paths]
    bao.ask("POST", f"sys/policies/acl/{unique}", {"policy": "\n".join(rights)})
    bao.ask("POST", f"auth/pulumi/role/{unique}", {"token_policies": [unique]})
    bao.ask("POST", f"auth/pulumi/role/{unique}/role-id", {"role_id": unique})
    bao.ask("POST", f"auth/pulumi/role/{unique}/custom-secret-id", {"secret_id": unique})
    client = vault(
        POLICY,
        skipChildToken="false",
        authLogin=json.dumps({"path": "auth/pulumi/login", "parameters": login}),
    )
    client.create(INPUTS)
    accessors = bao.ask("GET", "auth/token/accessors?list=true")["keys"]
    assert isinstance(accessors, list)
    tokens = [bao.ask("POST", "auth/token/lookup-accessor", {"accessor": one}) for one in accessors]
    children = [one for one in tokens if one["display_name"] == "token-terraform"]
    assert [(one["explicit_max_ttl"], one["renewable"], one["policies"]) for one in children] == [
        (1200, False, ["default", unique])
    ]


def test_certificate_is_looked_for_in_the_working_directory(
    vault: Vault, bao: Bao, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bao.ca.parent)
    assert vault(POLICY, caCertFile=bao.ca.name).create(INPUTS)[0] == "a"
    monkeypatch.chdir("/")
    text = f"caCertFile: must be a file, seen from /, got {bao.ca.name}"
    assert vault(POLICY, caCertFile=bao.ca.name).failure(INPUTS) == text


def test_server_without_a_trusted_certificate_is_refused(vault: Vault, bao: Bao, tmp_path: Path) -> None:
    text = vault(POLICY, caCertFile=None).failure(INPUTS)
    assert text.startswith(f"{bao.address}: must answer, got [SSL: CERTIFICATE_VERIFY_FAILED]")
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    assert "must answer, got [X509" in vault(POLICY, caCertFile=str(broken)).failure(INPUTS)


def test_the_environment_lends_no_token(vault: Vault, bao: Bao, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TOKEN", bao.root.headers["X-Vault-Token"])
    monkeypatch.setenv("VAULT_ADDR", bao.address)
    assert "HTTP 400" in vault(POLICY, authLogin=_login()).failure(INPUTS)


@pytest.mark.parametrize(
    ("settings", "failures"),
    [
        ({}, []),
        ({"address": UNKNOWN, "authLogin": UNKNOWN}, []),
        ({"authLogin": Secret(_login())}, []),
        ({"skipTlsVerify": "false"}, []),
        ({"address": None}, ["address: must be set, got nothing"]),
        ({"authLogin": None}, ["authLogin: must be set, got nothing"]),
        ({"authLogin": "sentinel"}, ["authLogin: must be an object, got a value of another type"]),
        (
            {"authLogin": json.dumps({"path": "a", "parameters": {}, "method": "sentinel"})},
            ["authLogin.method: must be one of path, parameters in the lab"],
        ),
        ({"maxRetries": "3"}, ["maxRetries: must be one of 2"]),
        (
            {"skipTlsVerify": "true", "maxLeaseTtlSeconds": "60"},
            ["maxLeaseTtlSeconds: must be one of 1200", "skipTlsVerify: must be one of False"],
        ),
    ],
)
def test_settings_are_checked_all_at_once(
    vault: Vault, bao: Bao, settings: dict[str, object], failures: list[str]
) -> None:
    request = pb.CheckRequest(news=to_struct(known({**bao.settings(), **settings})))
    answer = vault(POLICY).stub.CheckConfig(request)
    assert [(failure.property, failure.reason) for failure in answer.failures] == [
        ("", reason) for reason in failures
    ]


def test_unknown_setting_is_named_and_never_shown(vault: Vault, bao: Bao) -> None:
    request = pb.CheckRequest(news=to_struct({**bao.settings(), "token": "sentinel"}))
    (failure,) = vault(POLICY).stub.CheckConfig(request).failures
    assert failure.reason.startswith("token: must be one of address, authLogin, ")
    assert "sentinel" not in str(failure)
    with pytest.raises(grpc.RpcError, match="tokenName: must be one of address"):
        vault(POLICY, tokenName="sentinel")


def test_login_is_marked_secret_and_kept_as_it_came(vault: Vault, bao: Bao) -> None:
    answer = vault(POLICY).stub.CheckConfig(pb.CheckRequest(news=to_struct(bao.settings())))
    assert from_struct(answer.inputs) == {**bao.settings(), "authLogin": Secret(bao.settings()["authLogin"])}


def test_changed_settings_update_and_the_order_of_keys_does_not_count(vault: Vault, bao: Bao) -> None:
    def diff(**changed: object) -> pb.DiffResponse:
        old, new = to_struct(bao.settings()), to_struct(known({**bao.settings(), **changed}))
        answer = vault(POLICY).stub.DiffConfig(pb.DiffRequest(old_inputs=old, news=new))
        assert isinstance(answer, pb.DiffResponse)
        return answer

    turned = dict(reversed(json.loads(str(bao.settings()["authLogin"])).items()))
    assert diff(authLogin=json.dumps(turned)).changes == pb.DiffResponse.DIFF_NONE
    assert diff(skipChildToken="true", version="7.15.0").changes == pb.DiffResponse.DIFF_NONE
    answer = diff(address="https://198.18.0.11:8200", skipChildToken=None)
    assert sorted(answer.detailedDiff) == ["address", "skipChildToken"]
    assert list(answer.replaces) == []


def test_cancel_ends_the_wait_for_a_server(vault: Vault) -> None:
    client = vault(POLICY, address=f"https://127.0.0.1:{free_port()}")
    client.stub.Cancel(empty_pb2.Empty())
    assert client.failure(INPUTS) == "cancelled"
