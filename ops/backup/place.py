"""Where the scratch server of a drill runs: a container on a node, without network and without disk."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from components.config.settings import NodeSettings
from components.model.images import Image
from components.model.naming import LABEL_PREFIX, labels, service_name
from ops.hosts import on_node

SERVICE = "vault-drill"
PORT = 8200
LIFETIME_SECONDS = 900
"""A container whose drill was killed ends by itself after this, and Docker removes it."""

_FOLDER = "/openbao/file"
_AUDIT = "/openbao/logs"
"""Both are volumes of the image (up to 2.6.2): with nothing mounted there, Docker would make some on disk.
The second also takes the audit log that a snapshot names, until the scratch server has dropped it."""

_START_SECONDS = 300
"""The image may have to be pulled."""

_COMMAND_SECONDS = 120


class Place(Protocol):
    """A folder in memory, and a shell in it that finds `bao`."""

    @property
    def folder(self) -> str:
        """Path of the folder."""

    @property
    def port(self) -> int:
        """A free port of the loopback address that the shell sees; the one above it is free as well."""

    def run(self, command: str, stdin: str = "") -> str:
        """Run a command in the folder and return its standard output; what is secret goes over `stdin`.

        Raises:
            NodeError: It ended with an error, or the node does not answer.
        """


@dataclass(frozen=True)
class NodePlace:
    """A container on a node."""

    node: NodeSettings
    container: str
    folder: str = _FOLDER
    port: int = PORT

    def run(self, command: str, stdin: str = "") -> str:
        """As `Place` has it."""
        inside = f"docker exec -i -w {self.folder} {self.container} sh -c {shlex.quote(command)}"
        return on_node(self.node, inside, stdin=stdin, timeout_seconds=_COMMAND_SECONDS)


@contextmanager
def on(name: str, node: NodeSettings, image: Image, stack: str) -> Iterator[NodePlace]:
    """A container on the node called `name`, removed at the end of the block, however it ends.

    It has no network at all: what is inside is reached through Docker alone. One that a killed drill has left
    is removed first.

    Raises:
        NodeError: It could not be started or removed.
    """
    container = service_name(name, SERVICE)
    remove = f"docker rm --force --volumes {container} >/dev/null 2>&1"
    gone = f'left=$(docker ps --all --quiet --filter "name=^{container}$") && [ -z "$left" ]'
    try:
        on_node(node, f"{remove}; {_start(container, name, image, stack)}", timeout_seconds=_START_SECONDS)
        yield NodePlace(node, container)
    finally:
        on_node(node, f"{remove}; {gone}", timeout_seconds=_COMMAND_SECONDS)


def _start(container: str, node: str, image: Image, stack: str) -> str:
    uid, gid = image.user.split(":")
    memory = f"rw,nosuid,nodev,noexec,mode=0700,uid={uid},gid={gid},size="
    marks = {**labels(node=node, stack=stack, service=SERVICE), f"{LABEL_PREFIX}.managed-by": "swarm"}
    words = (
        *("docker", "run", "--detach", "--rm", "--name", container, "--network", "none"),
        *("--user", image.user, "--read-only", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges", "--ulimit", "core=0"),
        *("--memory", "512m", "--memory-swap", "512m", "--cpus", "1.0"),
        *("--tmpfs", f"{_FOLDER}:{memory}256m", "--tmpfs", f"{_AUDIT}:{memory}32m"),
        *(word for key, value in marks.items() for word in ("--label", f"{key}={value}")),
        *("--entrypoint", "sleep", image.reference, str(LIFETIME_SECONDS)),
    )
    return f"{shlex.join(words)} >/dev/null"
