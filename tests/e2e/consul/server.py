"""A Consul of a test's own, started as its container starts it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from components.catalogue.credentials import CONSUL_AGENT_TOKEN, CONSUL_GOSSIP_KEY, CONSUL_MANAGEMENT_TOKEN
from components.model.secrets import SecretRef
from components.render.consul import Entry, render_agent, render_services, render_start, tokens_parts
from tests.e2e.waiting import eventually

START_SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Tokens:
    """Values of the three secrets."""

    management: str = field(default_factory=lambda: str(uuid.uuid4()))
    recovery: str = field(default_factory=lambda: str(uuid.uuid4()))
    gossip_key: str = "c2l4dGVlbiBieXRlcyBhcmUgbm90IHRoaXJ0eS10d28="

    def text(self) -> str:
        """The secret part of the configuration."""
        values = {
            CONSUL_MANAGEMENT_TOKEN: self.management,
            CONSUL_AGENT_TOKEN: self.recovery,
            CONSUL_GOSSIP_KEY: self.gossip_key,
        }
        parts = tokens_parts(
            gossip_key=CONSUL_GOSSIP_KEY, management=CONSUL_MANAGEMENT_TOKEN, recovery=CONSUL_AGENT_TOKEN
        )
        return "".join(values[part] if isinstance(part, SecretRef) else part for part in parts)


class Server:
    """Data and configuration below one folder; `start` may be called again with other tokens."""

    def __init__(self, binary: Path, folder: Path, services: Sequence[Entry]) -> None:
        self.binary, self.folder = binary, folder
        self.port = free_port()
        self.current = folder / "current"
        config = render_agent(node="oracle", data_folder=str(folder / "data"), port=self.port)
        (folder / "consul.json").write_text(config)
        (folder / "services.json").write_text(render_services(services))
        # What a machine with other servers needs; an election then takes a second instead of ten.
        ports = {"server": free_port(), "serf_lan": free_port()}
        here = {"client_addr": "127.0.0.1", "ports": ports, "performance": {"raft_multiplier": 1}}
        (folder / "here.json").write_text(json.dumps(here))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def files(self) -> list[str]:
        """Those of the configuration, in the order in which they are read."""
        return [
            str(self.folder / name) for name in ("consul.json", "services.json", "tokens.json", "here.json")
        ]

    def start(self, tokens: Tokens) -> None:
        """Run the start script until the server is healthy in the sense of its container."""
        (self.folder / "tokens.json").write_text(tokens.text())
        (self.folder / "management").write_text(tokens.management)
        (self.folder / "start.sh").write_text(
            render_start(
                config_files=self.files,
                management_token_file=str(self.folder / "management"),
                current_file=str(self.current),
            )
        )
        self.current.unlink(missing_ok=True)
        path = f"{self.binary.parent}:{os.environ['PATH']}"
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", self.folder / "start.sh"],
                env={"PATH": path, "CONSUL_HTTP_ADDR": f"127.0.0.1:{self.port}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        eventually(self.current.exists, within_seconds=START_SECONDS)

    def stop(self) -> None:
        """End it as Docker does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def get(self, path: str, token: str = "") -> httpx.Response:
        """Ask the HTTP interface, without a token as a stranger does."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.get(url, headers=headers, timeout=10, trust_env=False)

    def states(self, token: str) -> dict[str, str]:
        """What the checks of all services say, by the service's name."""
        found = self.get("/v1/health/state/any", token).json()
        return {item["ServiceName"]: item["Status"] for item in found if item["ServiceName"]}
