"""A real OpenBao for tests: in memory, with TLS, and with the logins and policies that the program makes."""

from __future__ import annotations

import dataclasses
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import hvac
import pytest
import requests

from components.render.openbao import NODES_MOUNT, PULUMI_ROLE, node_policy, pulumi_policy
from ops import stack as engine
from ops.stack import Stack
from tests.e2e.waiting import eventually

ROOT = "root"
PROGRAM_ID = "the program's own id"
ELSEWHERE = "192.0.2.1/32"


@dataclass
class Server:
    """Where it is, and what the engine would say of it."""

    address: str
    authority: Path
    outputs: dict[str, str] = field(default_factory=dict)

    def client(self) -> hvac.Client:
        """A client that may do everything."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.authority)
        return hvac.Client(url=self.address, token=ROOT, session=session)

    def login(self, mount: str, role: str, secret_id: str) -> None:
        """Let somebody log in with this id from now on, besides those before."""
        with _closing(self.client()) as client:
            client.auth.approle.create_custom_secret_id(role, secret_id, mount_point=mount)

    def end_login(self, mount: str, role: str, secret_id: str) -> None:
        """Let nobody log in with this id any more."""
        with _closing(self.client()) as client:
            client.auth.approle.destroy_secret_id(role, secret_id, mount_point=mount)

    def stack(self, committed: Stack, **settings: object) -> Stack:
        """The stack, trusting this server."""
        vault = committed.settings.vault.model_copy(update={"ca_certificate": self.authority.read_text()})
        changed = committed.settings.model_copy(update={"vault": vault, **settings})
        return dataclasses.replace(committed, settings=changed)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start it on a free port, and end it with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(f"https://127.0.0.1:{port}", folder / "vault-ca.pem")
    argv = (
        str(Path(sys.executable).with_name("bao")), "server", "-dev", "-dev-tls", "-dev-no-store-token",
        f"-dev-tls-cert-dir={folder}", f"-dev-listen-address=127.0.0.1:{port}",
        f"-dev-root-token-id={ROOT}",
    )  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(argv, stdout=log, stderr=log) as process:
        try:
            eventually(lambda: _answers(server), within_seconds=30, poll_seconds=0.05)
            _prepare(server)
            yield server
        finally:
            process.terminate()


def described(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the engine's outputs lead here."""
    server.outputs.update({"vault_address": server.address, "vault_secret_id": PROGRAM_ID})
    monkeypatch.setattr(engine, "output", lambda _, name: server.outputs[name])


def _answers(server: Server) -> bool:
    if not server.authority.exists():
        return False
    try:
        answer = httpx.get(f"{server.address}/v1/sys/health", verify=False, trust_env=False)  # noqa: S501 - not yet there
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def _prepare(server: Server) -> None:
    with _closing(server.client()) as client:
        system: Any = client.sys  # hvac's stubs leave its methods without types
        system.create_or_update_policy(PULUMI_ROLE, pulumi_policy())
        system.create_or_update_policy("node-oracle", node_policy(["oracle/redis"]))
        for mount, role, policies in (
            (PULUMI_ROLE, PULUMI_ROLE, [PULUMI_ROLE]),
            (NODES_MOUNT, "node-oracle", ["node-oracle"]),
            (NODES_MOUNT, "node-thanos", ["node-oracle"]),
        ):
            if f"{mount}/" not in system.list_auth_methods()["data"]:
                system.enable_auth_method("approle", path=mount)
            bound = [ELSEWHERE] if role == "node-thanos" else None
            client.auth.approle.create_or_update_approle(
                role, token_policies=policies, secret_id_bound_cidrs=bound, mount_point=mount
            )
            client.auth.approle.update_role_id(role, role, mount_point=mount)
    server.login(PULUMI_ROLE, PULUMI_ROLE, PROGRAM_ID)


@contextmanager
def _closing(client: hvac.Client) -> Iterator[hvac.Client]:
    """Close the connections with the block: an open one is a warning, and warnings are errors."""
    try:
        yield client
    finally:
        client.session.close()
