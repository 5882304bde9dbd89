"""Look at the containers on the nodes, over the same verified SSH connections that the engine uses."""

from __future__ import annotations

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from components.config.settings import NodeSettings
from components.model.naming import LABEL_PREFIX
from components.model.ssh import ssh_options
from ops.errors import SwarmError
from ops.stack import Stack

LOG_LINES = 30
SSH_FAILED = 255
"""Status of ssh itself; every other one is the command's (ssh(1))."""

# A container that went away in between makes `inspect` fail after it has printed the others; a Docker that
# went away makes `docker version` fail as well.
_INSPECT = (
    "found=$(docker ps --all --quiet --filter label={label}) || exit 1; "
    '[ -z "$found" ] || docker inspect $found 2>/dev/null || docker version >/dev/null'
)


class State(StrEnum):
    """What an operator needs to know of a container first."""

    HEALTHY = "healthy"
    RUNNING = "running"
    """Runs, and its image has no health check."""

    STARTING = "starting"
    UNHEALTHY = "unhealthy"
    STOPPED = "stopped"
    MISSING = "missing"
    DOCKER_FAILED = "docker failed"
    """The node answers, and its Docker does not."""

    UNREACHABLE = "node unreachable"

    @property
    def good(self) -> bool:
        """Nothing to do."""
        return self in {State.HEALTHY, State.RUNNING}


@dataclass(frozen=True)
class Container:
    """One expected service and how it is."""

    node: str
    name: str
    state: State
    image: str = ""
    restarts: int = 0
    stand_in: bool = False
    detail: str = ""
    uptime_seconds: int | None = None
    """Since its last start, by the node's clock and this machine's; None where it does not run."""


@dataclass
class NodeError(SwarmError):
    """A command on a node did not do what it should."""

    said: str

    def __str__(self) -> str:
        """The node's address, and what was said."""
        return self.said


class UnreachableError(NodeError):
    """A node does not answer over SSH, or has another host key."""


class CommandError(NodeError):
    """A node answers, and a command on it ended with an error."""


def on_node(
    node: NodeSettings, command: str, *, timeout_seconds: float = 30, stdin: str | None = None
) -> str:
    """Run a shell command on a node and return its standard output; bytes that are no UTF-8 are replaced.

    Args:
        stdin: What the command reads. A secret goes there: arguments can be seen by everyone on a machine.

    Raises:
        UnreachableError: SSH failed, the host key is another one, or time ran out.
        CommandError: The command ended with an error.
    """
    argv = (
        "ssh",
        *ssh_options(str(node.address), node.ssh.host_key, node.ssh.port),
        "-p",
        str(node.ssh.port),
    )
    try:
        done = subprocess.run(
            (*argv, f"{node.ssh.user}@{node.address}", command),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            input=stdin,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreachableError(f"{node.address}: no answer within {timeout_seconds:.0f} s") from error
    if done.returncode != 0:
        kind = UnreachableError if done.returncode == SSH_FAILED else CommandError
        raise kind(f"{node.address}: {done.stderr.strip() or f'status {done.returncode}'}")
    return done.stdout


def as_root(node: NodeSettings, command: str) -> str:
    """The shell command as root, for files that nobody else may read; the account may be another one's."""
    return command if node.ssh.user == "root" else shlex.join(("sudo", "-n", "sh", "-c", command))


def survey(stack: Stack) -> list[Container]:
    """The state of every expected service, all nodes at once."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda name: _survey_node(stack, name), stack.nodes)
        return [container for containers in found for container in containers]


def connect(stack: Stack) -> dict[str, str]:
    """Open the shared connection to every node, before a burst of clients that would each open their own.

    It stays open for a minute after its last use (`ssh_options`).

    Returns:
        For each node what went wrong, empty where nothing did.
    """
    with ThreadPoolExecutor() as pool:
        return dict(zip(stack.nodes, pool.map(_connect, stack.nodes.values()), strict=True))


def _connect(node: NodeSettings) -> str:
    try:
        on_node(node, "true")
    except NodeError as error:
        return error.said
    return ""


def logs(node: NodeSettings, name: str) -> str:
    """The last lines that a container printed."""
    return on_node(node, f"docker logs --tail {LOG_LINES} {name} 2>&1")


def _survey_node(stack: Stack, node: str) -> list[Container]:
    expected = [spec for spec in stack.services if spec.node == node]
    listing = _INSPECT.format(label=f"{LABEL_PREFIX}.stack={stack.name}")
    try:
        inspected = json.loads(on_node(stack.nodes[node], listing) or "[]")
    except NodeError as error:
        state = State.UNREACHABLE if isinstance(error, UnreachableError) else State.DOCKER_FAILED
        return [Container(node, spec.full_name, state, detail=error.said) for spec in expected]
    by_name = {item["Name"].removeprefix("/"): item for item in inspected}
    return [
        _container(node, spec.full_name, by_name[spec.full_name])
        if spec.full_name in by_name
        else Container(node, spec.full_name, State.MISSING)
        for spec in expected
    ]


def _container(node: str, name: str, item: dict[str, Any]) -> Container:
    state, config = item["State"], item["Config"]
    return Container(
        node,
        name,
        _state(state["Status"], state.get("Health")),
        image=config["Image"],
        restarts=item["RestartCount"],
        stand_in=config["Labels"].get(f"{LABEL_PREFIX}.stand-in") == "true",
        detail=""
        if state["Status"] == "running"
        else f"{state['Status']}, exit code {state.get('ExitCode')}",
        uptime_seconds=_seconds_since(state["StartedAt"]) if state["Status"] == "running" else None,
    )


def _seconds_since(moment: str) -> int:
    """Whole seconds since a moment as Docker writes it: in UTC, with more digits than Python reads."""
    started = datetime.fromisoformat(moment[: len("2026-01-01T00:00:00")]).replace(tzinfo=UTC)
    return max(0, int((datetime.now(UTC) - started).total_seconds()))


def _state(status: str, health: dict[str, object] | None) -> State:
    if status != "running":
        return State.STARTING if status in {"created", "restarting"} else State.STOPPED
    if health is None or health.get("Status") == "none":
        return State.RUNNING
    return State(str(health["Status"]))
