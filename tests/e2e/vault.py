"""Reach the lab's Vault server from this machine and from inside of nodes, and read what it wrote down."""

from __future__ import annotations

import json
import shlex
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from components.catalogue import vault
from lab import docker, nodes
from lab.nodes import access
from lab.nodes.model import plan_of
from ops import stack
from ops.stack import Stack
from tests.e2e.engine import Config, Engine
from tests.e2e.waiting import eventually

SERVER = "oracle-vault"
NODES = ("oracle", "starlord", "thanos")
AUDIT_FOLDER = "/var/lib/docker/volumes/oracle-vault-audit/_data"
AUDIT_FILE = f"{AUDIT_FOLDER}/audit.log"
"""As oracle itself sees it."""

_LOGIN = """
export BAO_ADDR={address} BAO_CACERT=/agent/ca.pem BAO_MAX_RETRIES=0
login() {{ bao write -field=token auth/approle/login "$@" 2>&1; }}
"""

OWN_LOGIN = "role_id=@/agent/role_id secret_id=@/run/secrets/secret_id"
"""What the agent itself logs in with."""


def say(text: str) -> None:
    """Tell a figure; shown by `pytest -s`, and where the test fails."""
    sys.stdout.write(f"\n{text}\n")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Tell how long the block took."""
    begin = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - begin:.1f} s")


def address(deployed: Stack) -> str:
    """Where the server answers; from the settings: the state is unreadable while an `up` writes it."""
    return vault.address(deployed.settings)


def client(deployed: Stack, token: str = "") -> httpx.Client:
    """Speaks to the server from this machine, with paths below `/v1`; no connection outlives its answer."""
    return httpx.Client(
        base_url=f"{address(deployed)}/v1/",
        verify=ssl.create_default_context(cadata=deployed.settings.vault.ca_certificate),
        headers={"X-Vault-Token": token} if token else {},
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=15,
        trust_env=False,
    )


@contextmanager
def program(deployed: Stack) -> Iterator[httpx.Client]:
    """A client with the rights of the Pulumi program, whose token ends with the block."""
    login = {"role_id": "pulumi", "secret_id": stack.output(deployed.name, "vault_secret_id")}
    with client(deployed) as anyone:
        answer = anyone.post("auth/pulumi/login", json=login).raise_for_status()
    with client(deployed, answer.json()["auth"]["client_token"]) as ours:
        yield ours
        ours.post("auth/token/revoke-self").raise_for_status()


def health(deployed: Stack) -> int:
    """Status of the server's health page: 200 active, 503 sealed; 0 where it does not answer."""
    with client(deployed) as anyone:
        try:
            return anyone.get("sys/health").status_code
        except httpx.TransportError:
            return 0


def await_active(deployed: Stack, *, within_seconds: float = 60) -> None:
    """Wait until the server serves."""
    eventually(lambda: health(deployed) == 200, within_seconds=within_seconds, poll_seconds=0.1)


def in_agent(node: str, deployed: Stack, script: str) -> str:
    """Run a shell script in the node's agent container, with `bao` led to the server and `login` ready.

    The script goes over standard input, so that nothing in it is seen among the processes.
    """
    prologue = _LOGIN.format(address=shlex.quote(address(deployed)))
    return nodes.ssh(node, f"docker exec --interactive {node}-agent sh", stdin=prologue + script)


def own_secret_id(node: str) -> str:
    """What the node's agent logs in with; only root of the node can read it there."""
    return nodes.ssh(node, "cat /opt/swarm/agent/secrets/secret_id")


def hang_up() -> None:
    """Make the server open its audit file anew; after `docker kill`, Docker would count it as stopped."""
    nodes.ssh("oracle", f"kill -s HUP $(docker inspect --format '{{{{.State.Pid}}}}' {SERVER})")


def server_log(since: str) -> str:
    """What the server printed besides its audit since a moment of `now`."""
    printed = nodes.ssh("oracle", f"docker logs --since {since} {SERVER} 2>&1")
    return "\n".join(line for line in printed.splitlines() if not line.startswith("{"))


def now() -> str:
    """The present moment, as Docker takes it."""
    return nodes.ssh("oracle", "date -u +%FT%T.%NZ")


@dataclass(frozen=True)
class Audit:
    """What the server has written down since the object was made, on each of its two devices."""

    since: str
    size: int

    @classmethod
    def begin(cls) -> Audit:
        """Look from here on."""
        size = nodes.ssh("oracle", f"stat -c %s {AUDIT_FILE} 2>/dev/null || echo 0")
        return cls(now(), int(size))

    def printed(self) -> list[Config]:
        """Entries on the server's standard output."""
        return _entries(nodes.ssh("oracle", f"docker logs --since {self.since} {SERVER} 2>/dev/null"))

    def written(self, file: str = AUDIT_FILE) -> list[Config]:
        """Entries in this file, by default the one that is current now."""
        return _entries(nodes.ssh("oracle", f"tail -c +{self.size + 1} {file}"))


def _entries(text: str) -> list[Config]:
    """The complete lines; a full volume cuts the last one off."""
    lines = [line for line in text.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines if line.endswith("}")]


def request_ids(entries: list[Config]) -> set[str]:
    """Ids of the requests that were both let in and answered."""
    ids = {
        kind: {it["request"]["id"] for it in entries if it["type"] == kind}
        for kind in ("request", "response")
    }
    return ids["request"] & ids["response"]


def refusals(entries: list[Config], path: str, source: str) -> list[Config]:
    """Entries that say that something at this path was refused, to whoever is at this address."""
    return [
        entry
        for entry in entries
        if entry["request"]["path"] == path
        and entry["request"].get("remote_address") == source
        and (entry.get("error") or "error" in ((entry.get("response") or {}).get("data") or {}))
    ]


def rendered(node: str, container: str) -> str:
    """Inode, time of the last change and hash of each secret file that the container sees."""
    look = "cd /run/secrets && find . -type f -exec stat -c '%n %i %Y' {} + -exec sha256sum {} +"
    seen = nodes.ssh(node, f"docker exec {container} sh -c {shlex.quote(look)}")
    return "\n".join(sorted(seen.splitlines()))


def container_ids(node: str) -> dict[str, str]:
    """The id of every container of the node, stopped ones included, by name."""
    listed = nodes.ssh(node, "docker ps --all --no-trunc --format '{{.Names}} {{.ID}}'")
    return dict(line.split() for line in sorted(listed.splitlines()))


def set_secret(engine: Engine, key: str, value: str) -> None:
    """Put an encrypted value into the engine's configuration file."""
    subprocess.run(
        engine.argv(("config", "set", "--secret", key)), cwd=engine.cwd, env=dict(engine.env),
        input=value, text=True, check=True,
    )  # fmt: skip


class Watch(threading.Thread):
    """Asks again and again whether something works, and knows for how long it did not; `with` ends it."""

    def __init__(self, works: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self._works, self._over = works, threading.Event()
        self.longest_gap_seconds = 0.0

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Ask until told to stop."""
        worked = time.monotonic()
        while not self._over.wait(0.05):
            begin = time.monotonic()
            if self._works():
                self.longest_gap_seconds = max(self.longest_gap_seconds, begin - worked)
                worked = time.monotonic()


def reboot(names: tuple[str, ...], *, kill: bool) -> None:
    """Start these machines anew, after a power loss or in order, and wait until their Docker answers."""
    containers = [plan_of(name).container for name in names]
    if kill:
        docker.docker("kill", *containers)
        docker.docker("start", *containers)
    else:
        docker.docker("restart", *containers)
    for name in names:
        access.close_master(plan_of(name))
        access.await_docker(name)
