"""The stand-in for Railway beside the nodes: its API for the engine on this machine, its edge for the nodes.

What was deployed to it stays for as long as the lab does, as it would in production.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Final

import httpx

from components.model.cloud import PUBLIC_DOMAIN
from lab import paths, tls
from lab.nodes import hosts
from lab.nodes.model import (
    LABEL,
    NETWORK_NAME,
    PUSH_REGISTRY,
    RAILWAY_ADDRESS,
    RAILWAY_API,
    RAILWAY_CONTAINER,
    REGISTRY,
)
from lab.process import StepError
from lab.steps import Steps

API_PORT, EDGE_PORT = 8080, 8443
"""In the container."""

WORKSPACE: Final = "8f1c0d52-0b7e-4c56-9d53-2f5a3c1e7b90"
"""Id of the workspace that its token opens."""

_NOBODY: Final = 65534
_READY_SECONDS: Final = 30


def folder() -> Path:
    """Where its token, its certificate and its data lie."""
    return paths.state_dir() / "railway"


def token_file() -> Path:
    """The token of its workspace, made at random once."""
    return folder() / "etc" / "token"


def environment() -> dict[str, str]:
    """What leads a client to it; empty before the lab was ever up."""
    if not token_file().exists():
        return {}
    return {"RAILWAY_API_TOKEN": token_file().read_text(), "RAILWAY_API_URL": f"http://{RAILWAY_API}"}


def settings() -> dict[str, object]:
    """What `aiswarm:railway` has to say of it: whose it is, and its edge, unknown to name servers."""
    authority = (folder() / "etc" / "ca.pem").read_text()
    edge = {"address": RAILWAY_ADDRESS, "port": EDGE_PORT, "ca_certificate": authority}
    return {"workspace_id": WORKSPACE, "edge": edge}


def ensure_railway(steps: Steps, reference: str) -> None:
    """Have it running and answering.

    Args:
        reference: Of its image, as a node names it.

    Raises:
        StepError: It does not answer.
    """
    with steps.step("stand-in for Railway") as step:
        files = _files()
        image = reference.replace(REGISTRY, PUSH_REGISTRY, 1)
        step.note = hosts.ensure_container(RAILWAY_CONTAINER, arguments(image, folder()), files)
        _await_ready()


def arguments(image: str, state: Path) -> tuple[str, ...]:
    """Everything after `docker create` but its fingerprint."""
    owner = (state / "data").stat()
    return (
        f"--name={RAILWAY_CONTAINER}",
        f"--label={LABEL}=railway",
        f"--network={NETWORK_NAME}",
        f"--ip={RAILWAY_ADDRESS}",
        f"--publish={RAILWAY_API}:{API_PORT}",
        "--restart=unless-stopped",
        f"--user={owner.st_uid}:{owner.st_gid}",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--memory=256m",
        "--memory-swap=256m",
        f"--volume={state / 'etc'}:/etc/railway:ro",
        f"--volume={state / 'data'}:/data",
        image,
    )


def _files() -> dict[str, bytes]:
    """Have token, certificate and folders, all of them for the container's user alone."""
    etc, data = folder() / "etc", folder() / "data"
    tls.ensure(etc, address=RAILWAY_ADDRESS, names=(f"*.{PUBLIC_DOMAIN}",))
    data.mkdir(mode=0o700, exist_ok=True)
    if not token_file().exists():
        token_file().touch(mode=0o600)
        token_file().write_text(secrets.token_urlsafe(32))
    files = [token_file(), etc / "server.pem", etc / "server.key"]
    if os.geteuid() == 0:
        for each in (etc, data, *files):
            os.chown(each, _NOBODY, _NOBODY)
    return {file.name: file.read_bytes() for file in files}


def _await_ready() -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            httpx.get(f"http://{RAILWAY_API}/", trust_env=False, timeout=5)
            return
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                raise StepError(
                    f"stand-in for Railway: must answer on {RAILWAY_API}, got {error}",
                    hint=f"docker logs {RAILWAY_CONTAINER}",
                ) from error
        time.sleep(0.1)
