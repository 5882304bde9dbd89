"""A server of the kind that the swarm has: TLS, seal key in a file, initialised by itself."""

from __future__ import annotations

import copy
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx

from components.render.openbao import MOUNT, NODES_MOUNT, PULUMI_ROLE, ServerPlaces, node_policy, server_files
from ops.certificates import Authority, Certificate, issue_for_vault
from tests.e2e.waiting import eventually
from tests.openbao.process import BIN, Bao, environment

HOST = "127.0.0.1"
PULUMI_ID = "id-of-the-program-in-its-first-epoch"
START_SECONDS = 15.0
_EVERYWHERE = "0.0.0.0"  # noqa: S104 (what is replaced)


class Server:
    """One server in a folder of its own, which starts and stops as often as a test likes."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        """Everything that a first start needs."""
        self.folder, self.port, self.authority = folder, _free_port(), authority
        self.url = f"https://{HOST}:{self.port}"
        self.audit_file = folder / "logs" / "audit.log"
        self._bao: Bao | None = None
        for name in ("config", "file", "logs", "run", "bootstrap"):
            (folder / name).mkdir()
        self.secret_id_file.write_text(PULUMI_ID)
        self.new_seal_key("k1")
        self.use_certificate(issue_for_vault(authority, HOST))
        self.configure()

    def copy(self, folder: Path) -> Server:
        """A server that goes on where this one, which must be stopped, left off.

        It has the same port, and the same audit file: the server refuses to become active where the options
        of an audit device have changed.
        """
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        made = copy.copy(self)
        made.folder = folder
        made.configure()
        return made

    @property
    def secret_id_file(self) -> Path:
        """The id that the server takes over at its first start."""
        return self.folder / "bootstrap" / "secret_id"

    def new_seal_key(self, key_id: str) -> None:
        """Put a random key into the file of this key id."""
        self.seal_file(key_id).write_text(os.urandom(32).hex())

    def seal_file(self, key_id: str) -> Path:
        """Where the key of this id lies."""
        return self.folder / "run" / f"seal-{key_id}"

    def use_certificate(self, certificate: Certificate) -> None:
        """Put the certificate and its key in place."""
        (self.folder / "run" / "tls.pem").write_text(certificate.certificate)
        (self.folder / "run" / "tls.key").write_text(certificate.private_key)

    def configure(
        self,
        *,
        generation: int = 1,
        seal_keys: tuple[str, ...] = ("k1",),
        edit: Callable[[str], str] = lambda text: text,
    ) -> None:
        """Write the configuration folder; `edit` gets the text of vault.hcl."""
        run = self.folder / "run"
        places = ServerPlaces(
            config_folder=str(self.folder / "config"),
            data_folder=str(self.folder / "file"),
            audit_file=str(self.audit_file),
            certificate_file=str(run / "tls.pem"),
            private_key_file=str(run / "tls.key"),
            pulumi_secret_id_file=str(self.secret_id_file),
            seal_keys=tuple((key_id, str(self.seal_file(key_id))) for key_id in seal_keys),
        )
        files = server_files(
            places=places,
            address=HOST,
            port=self.port,
            generation=generation,
            ca_certificate=self.authority.certificate,
        )
        for file in files:
            # The image's server listens on the container's addresses; ours must not be found from elsewhere.
            text = edit(file.text.replace(_EVERYWHERE, HOST)) if file.name == "vault.hcl" else file.text
            (self.folder / "config" / file.name).write_text(text)

    def start(self) -> None:
        """Start the server and come back at once."""
        self._bao = Bao("server", self.folder / "config" / "vault.hcl", self.folder / "server.log")

    def stop(self) -> None:
        """End the server, if it was ever started."""
        if self._bao is not None:
            self._bao.stop()

    @property
    def log(self) -> str:
        """All that the server printed."""
        return self._bao.log if self._bao else ""

    @property
    def ended(self) -> bool:
        """Whether the server ended by itself."""
        return self._bao is None or self._bao.ended

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that is to come true after a start."""
        eventually(condition, within_seconds=START_SECONDS, poll_seconds=0.05)

    def health(self) -> int:
        """The status of its health page; 0 where it does not answer."""
        try:
            return self.client().get("sys/health").status_code
        except httpx.TransportError:
            return 0

    def client(self, token: str = "") -> httpx.Client:
        """Speaks to the server, with paths below `/v1`."""
        return httpx.Client(
            base_url=f"{self.url}/v1/",
            verify=ssl.create_default_context(cadata=self.authority.certificate),
            headers={"X-Vault-Token": token} if token else {},
            # No connection outlives its answer: the server is stopped and started behind the client's back.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    def log_in(self, secret_id: str, *, mount: str = PULUMI_ROLE, role: str = PULUMI_ROLE) -> httpx.Client:
        """A client with the rights of this role.

        Raises:
            httpx.HTTPStatusError: The server refused it.
        """
        answer = self.client().post(f"auth/{mount}/login", json={"role_id": role, "secret_id": secret_id})
        return self.client(answer.raise_for_status().json()["auth"]["client_token"])

    def start_ready(self) -> httpx.Client:
        """Start the server, wait until it lets the program in, and come back with the program's rights."""
        self.start()
        done = self.ready(PULUMI_ID, limit_seconds=int(START_SECONDS))
        assert done.returncode == 0, f"{done.stderr}\n{self.log}"
        return self.log_in(PULUMI_ID)

    def ready(
        self,
        current: str,
        previous: str = "",
        *,
        step: str = "enter",
        limit_seconds: int = 1,
        bin_folder: Path = BIN,
    ) -> subprocess.CompletedProcess[str]:
        """Run the server's own ready.sh as `docker exec -i` would."""
        config = self.folder / "config"
        env = environment(BAO_ADDR=self.url, BAO_CACERT=str(config / "ca.pem"))
        return subprocess.run(
            ["sh", config / "ready.sh", str(limit_seconds), step],
            input=f"{current}\n{previous}\n",
            env={**env, "PATH": f"{bin_folder}:{env['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def furnish(program: httpx.Client) -> None:
    """Make what the program makes once: the store, and the nodes' login."""
    program.post(f"sys/mounts/{MOUNT}", json={"type": "kv", "options": {"version": "2"}}).raise_for_status()
    program.post(f"sys/auth/{NODES_MOUNT}", json={"type": "approle"}).raise_for_status()
    # A new store answers 400 until it has prepared itself for versions.
    eventually(
        lambda: program.get(f"{MOUNT}/config").is_success, within_seconds=START_SECONDS, poll_seconds=0.05
    )


def add_node(program: httpx.Client, role: str, secret_id: str, entries: Iterable[str]) -> None:
    """Make a node's role, which may read these entries and logs in with `secret_id`."""
    path = f"auth/{NODES_MOUNT}/role/{role}"
    for where, body in (
        (f"sys/policies/acl/{role}", {"policy": node_policy(entries)}),
        (path, {"token_policies": [role], "token_ttl": "1h"}),
        (f"{path}/role-id", {"role_id": role}),
        (f"{path}/custom-secret-id", {"secret_id": secret_id}),
    ):
        program.post(where, json=body).raise_for_status()


def put(program: httpx.Client, entry: str, **fields: str) -> None:
    """Write a new version of an entry."""
    program.post(f"{MOUNT}/data/{entry}", json={"data": fields}).raise_for_status()


def _free_port() -> int:
    """A port that is free now together with the next one, which the server takes for its cluster."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind((HOST, 0))
            port: int = first.getsockname()[1]
            try:
                second.bind((HOST, port + 1))
            except OSError:
                continue
            return port
