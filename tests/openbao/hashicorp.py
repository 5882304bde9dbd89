"""A server with HashiCorp Vault's files and scripts, whose program is OpenBao under the other one's name.

So HashiCorp Vault itself was NOT run: it comes in none of the packages that tests may install. What is proved
is that the scripts do what they say with a server of the same language and a transit seal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx

from components.model.secrets import SecretRef
from components.render.hashicorp import Transit, seal, vault_files
from components.render.openbao import ServerPlaces
from ops.certificates import Authority
from tests.openbao.process import BIN, environment
from tests.openbao.server import HOST, START_SECONDS, Server, furnish

KEY = "swarm"
_MOUNT = "transit/"
_LEAVE = f"""
path "sys/mounts/{_MOUNT.rstrip("/")}" {{ capabilities = ["create", "update"] }}
path "{_MOUNT}*" {{ capabilities = ["create", "update"] }}
"""


class SealServer:
    """The other server: it holds the key, and gives out tokens that may use it."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.server = Server(folder, authority)
        self._program = self.server.start_ready()
        furnish(self._program)
        owner = self._log_in("owner", _LEAVE)
        owner.post(f"sys/mounts/{_MOUNT}".rstrip("/"), json={"type": "transit"}).raise_for_status()
        owner.post(f"{_MOUNT}keys/{KEY}").raise_for_status()

    def token(self) -> str:
        """A token as an operator would make it for the seal."""
        rule = "".join(
            f'path "{_MOUNT}{verb}/{KEY}" {{ capabilities = ["update"] }}\n'
            for verb in ("encrypt", "decrypt")
        )
        return self._log_in("seal", rule).headers["X-Vault-Token"]

    def revoke(self, token: str) -> None:
        """End a token of ours."""
        self.server.client(token).post("auth/token/revoke-self").raise_for_status()

    def _log_in(self, name: str, rule: str) -> httpx.Client:
        """A client with the rights of a role of its own, whose tokens are periodic."""
        program, role = self._program, f"auth/approle/role/{name}"
        program.put(f"sys/policies/acl/{name}", json={"policy": rule}).raise_for_status()
        body = {"token_policies": [name], "token_period": "1h"}
        program.post(role, json=body).raise_for_status()
        program.post(f"{role}/role-id", json={"role_id": name}).raise_for_status()
        made = program.post(f"{role}/secret-id").raise_for_status()
        return self.server.log_in(made.json()["data"]["secret_id"], mount="approle", role=name)


class VaultServer(Server):
    """The swarm's server with a transit seal, started by its own start script."""

    def __init__(self, folder: Path, authority: Authority, sealed_by: SealServer) -> None:
        self.transit = Transit(
            address=sealed_by.server.url,
            key_name=KEY,
            mount_path=_MOUNT,
            ca_certificate=sealed_by.server.authority.certificate,
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = folder / "bin"
        self._programs.mkdir()
        (self._programs / "vault").symlink_to(BIN / "bao")
        super().__init__(folder, authority)
        self.use_token(sealed_by.token())

    def use_token(self, token: str) -> None:
        """Put the seal's part of the configuration in place, as the program delivers it."""
        parts = seal(self.transit, token=SecretRef(name="token"), config_folder=str(self.folder / "config"))
        text = "".join(part if isinstance(part, str) else token for part in parts)
        staged = self._seal_file.with_suffix(".next")
        staged.write_text(text)
        staged.replace(self._seal_file)

    @property
    def _seal_file(self) -> Path:
        return self.folder / "run" / "seal.hcl"

    def configure(
        self,
        *,
        generation: int = 1,
        seal_keys: tuple[str, ...] = (),  # noqa: ARG002 - another server has the key
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
            seal_keys=(),
        )
        files = vault_files(
            places=places,
            seal_file=str(self._seal_file),
            transit=self.transit,
            address=HOST,
            port=self.port,
            generation=generation,
            ca_certificate=self.authority.certificate,
        )
        for file in files:
            (self.folder / "config" / file.name).write_text(self._fit(file.name, file.text, edit))

    @staticmethod
    def _fit(name: str, text: str, edit: Callable[[str], str]) -> str:
        """What OpenBao on this machine needs: HashiCorp Vault takes new audit devices from requests only."""
        if name == "vault.hcl":
            here = text.replace("0.0.0.0", HOST)  # noqa: S104 - the container's address goes
            return edit(f"unsafe_allow_api_audit_creation = true\n{here}")
        return text.replace("while sleep 20;", "while sleep 0.2;") if name == "start.sh" else text

    def start(self) -> None:
        """Run the start script, in a group of its own: in a container its helper ends with the server."""
        with (self.folder / "server.log").open("ab") as out:
            self._process = subprocess.Popen(
                ["sh", self.folder / "config" / "start.sh"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the server and its helper."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    @property
    def log(self) -> str:
        """All that the server printed."""
        return (self.folder / "server.log").read_text(errors="replace")

    @property
    def ended(self) -> bool:
        """Whether the server ended by itself."""
        return self._process is None or self._process.poll() is not None

    @property
    def environment_of_the_server(self) -> str:
        """As the kernel knows it; the script's process is the server's."""
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/environ").read_text()

    def ready(
        self,
        current: str,
        previous: str = "",
        *,
        step: str = "enter",
        limit_seconds: int = 1,
        bin_folder: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run the server's own ready.sh as `docker exec -i` would."""
        return subprocess.run(
            ["sh", self.folder / "config" / "ready.sh", str(limit_seconds), step],
            input=f"{current}\n{previous}\n",
            env=self._environment(bin_folder),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def _environment(self, first: Path | None = None) -> dict[str, str]:
        """That of the container, which is also what the start script gets."""
        own = environment(VAULT_ADDR=self.url, VAULT_CACERT=str(self.folder / "config" / "ca.pem"))
        folders = [str(folder) for folder in (first, self._programs) if folder]
        return {**own, "PATH": ":".join([*folders, own["PATH"]])}
