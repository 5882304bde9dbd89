"""Plugins served in this process, an engine that listens, a real sshd and a real ssh-agent."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from lab.plugins import resource_command, resource_random
from lab.plugins.kit.provider import Provider
from lab.plugins.kit.serve import start_server
from tests.unit.lab.plugins.client import Client, EngineLog

Plugin = Callable[[str], Client]


@pytest.fixture
def engine_log() -> Iterator[EngineLog]:
    """An engine that keeps the log lines it gets."""
    engine = EngineLog()
    yield engine
    engine.server.stop(None).wait()


@pytest.fixture
def plugin(engine_log: EngineLog) -> Iterator[Plugin]:
    """A client for a resource type of either package, introduced to the listening engine."""
    servers, clients = {}, []
    for package in (resource_random.PACKAGE, resource_command.PACKAGE):
        servers[package.name] = start_server(Provider(package, "1.0.0"))

    def client(token: str) -> Client:
        found = Client(servers[token.split(":", maxsplit=1)[0]][1], token)
        found.stub.Handshake(pb.ProviderHandshakeRequest(engine_address=engine_log.address))
        clients.append(found)
        return found

    yield client
    for found in clients:
        found.channel.close()
    for server, _ in servers.values():
        server.stop(None).wait()


@dataclass(frozen=True)
class Sshd:
    """A running server: how to reach it and prove oneself."""

    port: int
    user: str
    host_key: str
    client_key: Path
    folder: Path

    def connection(self, **more: object) -> dict[str, object]:
        """Properties of a connection that verifies the host and does not wait long; None leaves one out."""
        found: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "hostKey": self.host_key,
            "dialErrorLimit": 0,
            **more,
        }
        return {name: value for name, value in found.items() if value is not None}


def _generate_key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(family: socket.AddressFamily, address: tuple[str, int] | str) -> None:
    deadline = time.monotonic() + 20
    while True:
        with closing(socket.socket(family)) as probe:
            if probe.connect_ex(address) == 0:
                return
        assert time.monotonic() < deadline, f"{address} must answer within 20 s"
        os.sched_yield()


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real OpenSSH server on a free loopback port, for the user who runs the tests."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("needs OpenSSH's sshd (Debian package openssh-server)")
    folder = tmp_path_factory.mktemp("sshd")
    host, client = _generate_key(folder / "host"), _generate_key(folder / "client")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    config = folder / "config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {client}.pub\n"
        f"PidFile none\nStrictModes no\nPermitRootLogin prohibit-password\nUsePAM no\n"
        f"PasswordAuthentication no\nAcceptEnv LAB_*\nSubsystem sftp internal-sftp\n"
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", config], stderr=log)
    _wait_for(socket.AF_INET, ("127.0.0.1", port))
    yield Sshd(port, getpass.getuser(), host.with_suffix(".pub").read_text(), client, folder)
    server.terminate()
    server.wait()


@pytest.fixture
def agent(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real ssh-agent that holds the client's key, named by SSH_AUTH_SOCK."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL)
    _wait_for(socket.AF_UNIX, str(path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(path))
    subprocess.run(["ssh-add", "-q", sshd.client_key], check=True)
    yield path
    process.terminate()
    process.wait()


@pytest.fixture
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No agent in the environment."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
