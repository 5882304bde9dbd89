"""A real OpenBao with a certificate of its own, and the plugin that logs in to it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from lab.plugins import resource_vault
from lab.plugins.kit.provider import Provider
from lab.plugins.kit.serve import start_server
from lab.plugins.kit.values import to_struct
from tests.unit.lab.plugins.client import Client
from tests.unit.lab.plugins.conftest import free_port

RIGHTS = ("secret*", "sys/policies/acl/*", "sys/mounts/*", "sys/auth/*", "auth/approle/*")

Vault = Callable[..., Client]
"""Makes a client for a type; keywords replace settings of the provider."""


@dataclass(frozen=True)
class Bao:
    """A running server, and root's view of it."""

    address: str
    ca: Path
    secret_id: str
    root: httpx.Client

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Ask as root; a refusal fails the test."""
        answer = self.root.request(method, f"/v1/{path}", json=body)
        assert answer.is_success, answer.text
        found = answer.json() if answer.content else {}
        return found.get("data") or found

    def has(self, path: str) -> bool:
        """Whether something is at a path."""
        return self.root.get(f"/v1/{path}").is_success

    def settings(self) -> dict[str, object]:
        """The provider's settings as the SDK sends them: what is no text as JSON text."""
        login = {
            "path": "auth/pulumi/login",
            "parameters": {"role_id": "pulumi", "secret_id": self.secret_id},
        }
        return {
            "address": self.address,
            "authLogin": json.dumps(login),
            "caCertFile": str(self.ca),
            "skipChildToken": "true",
            "vaultVersionOverride": "1.14.8",
            "maxLeaseTtlSeconds": "1200",
            "maxRetries": "2",
            "version": "7.14.0",
        }


def _prepare(bao: Bao) -> None:
    """What a server brings along, and what the tests share: a KV engine, a login method and a role."""
    rights = 'capabilities = ["create", "read", "update", "delete", "list", "sudo"]'
    policy = "\n".join(f'path "{path}" {{ {rights} }}' for path in RIGHTS)
    bao.ask("POST", "sys/policies/acl/pulumi", {"policy": policy})
    for method, role in (("pulumi", "pulumi"), ("approle", "shared")):
        bao.ask("POST", f"sys/auth/{method}", {"type": "approle"})
        bao.ask("POST", f"auth/{method}/role/{role}", {"token_policies": ["pulumi"]})
        bao.ask("POST", f"auth/{method}/role/{role}/role-id", {"role_id": role})
    bao.ask("POST", "auth/pulumi/role/pulumi/custom-secret-id", {"secret_id": bao.secret_id})


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """A server in memory; its development mode mounts KV version 2 at `secret`."""
    folder, port, token = tmp_path_factory.mktemp("bao"), free_port(), uuid.uuid4().hex
    command: list[str | Path] = [
        Path(sys.executable).with_name("bao"),
        *("server", "-dev", "-dev-no-store-token", "-dev-tls", f"-dev-tls-cert-dir={folder}"),
        *(f"-dev-listen-address=127.0.0.1:{port}", f"-dev-root-token-id={token}", "-log-level=error"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "HOME": str(folder)}, text=True
    ) as server:
        assert server.stdout is not None
        assert any("Root Token" in line for line in server.stdout), "OpenBao must start"
        address, ca = f"https://127.0.0.1:{port}", folder / "vault-ca.pem"
        context = ssl.create_default_context(cafile=str(ca))
        with httpx.Client(base_url=address, verify=context, headers={"X-Vault-Token": token}) as root:
            found = Bao(address, ca, uuid.uuid4().hex, root)
            _prepare(found)
            yield found
        server.terminate()


@pytest.fixture
def vault(bao: Bao) -> Iterator[Vault]:
    """A plugin of its own for each client, as each provider of a program has."""
    stops: list[Callable[[], object]] = []

    def client(kind: str, **settings: object) -> Client:
        server, port = start_server(Provider(resource_vault.package(), "7.14.0"))
        found = Client(port, kind)
        stops.extend([found.channel.close, lambda: server.stop(None).wait()])
        found.stub.Handshake(pb.ProviderHandshakeRequest())
        found.stub.Configure(pb.ConfigureRequest(args=to_struct(known({**bao.settings(), **settings}))))
        return found

    yield client
    for stop in stops:
        stop()


def known(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings without those that are None, which is how a test leaves one out."""
    return {name: value for name, value in settings.items() if value is not None}


@pytest.fixture
def unique() -> str:
    """A name that no other test has on the shared server."""
    return f"t{uuid.uuid4().hex[:8]}"
