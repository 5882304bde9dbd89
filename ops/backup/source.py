"""Where a drill takes keys and ids from: the Pulumi state, or what the nodes have on their disks."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from components.catalogue.swarm import swarm
from components.catalogue.vault import SERVER, SERVER_NODE
from components.catalogue.vault_seal import SEAL
from components.config.load import parse
from components.config.settings import NAMESPACE
from components.model.naming import AGENT, host_folder
from ops import lab_bridge
from ops.backup import declared
from ops.backup.declared import Entry
from ops.backup.snapshot import BackupError
from ops.hosts import as_root, on_node
from ops.secret_values import known_secrets, login_epoch, login_name
from ops.session import REPO
from ops.stack import Stack

_CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE"
"""Stands for `--config-file` of every command of the engine; the lab's environment has it."""


@dataclass(frozen=True)
class Source:
    """What opens a backup and the logins in it."""

    seal_key: Callable[[str], str]
    """The key of an id, as hex digits."""

    node_id: Callable[[str], str]
    """The secret id of a node's agent."""

    pulumi_id: str = field(default="", repr=False)
    """The secret id of the program; empty without the state."""

    entries: Mapping[str, Entry] = field(default_factory=dict, repr=False)
    """What the state says is stored; nothing without it."""

    @property
    def has_state(self) -> bool:
        """Whether the program's own login and the values to compare with are known."""
        return bool(self.pulumi_id)


def from_state(stack: Stack) -> Source:
    """All from the state.

    Raises:
        EngineError: The engine refused.
        BackupError: The stack was never deployed.
    """
    known = known_secrets(stack.name)

    def value(name: str) -> str:
        if name not in known:
            raise BackupError(f"state of stack {stack.name}: must hold {name}, got none; pulumi up")
        return known[name]

    return Source(
        seal_key=lambda key_id: value(f"{SEAL}-{key_id}"),
        node_id=lambda node: value(f"{node}-agent-id"),
        pulumi_id=value(login_name(login_epoch(stack))),
        entries=declared.read(stack.name).entries,
    )


def from_nodes(stack: Stack) -> Source:
    """All from the nodes: the seal key beside the server, and each agent's own id beside the agent."""

    def secret(node: str, service: str, file: str) -> str:
        path = f"{host_folder(service)}/secrets/{file}"
        machine = stack.nodes[node]
        return on_node(machine, as_root(machine, f"cat {shlex.quote(path)}"))

    return Source(
        seal_key=lambda key_id: secret(SERVER_NODE, SERVER, f"seal-{key_id}"),
        node_id=lambda node: secret(node, AGENT, "secret_id"),
    )


def stack_without_engine(name: str) -> Stack:
    """The stack as its file has it; no state is read and no secret decrypted.

    Raises:
        BackupError: There is no such file.
        SettingsError: What it says is not valid.
    """
    os.chdir(REPO)
    if name == lab_bridge.STACK:
        lab_bridge.activate()
    file = Path(os.environ.get(_CONFIG_FILE) or REPO / f"Pulumi.{name}.yaml")
    if not file.exists():
        raise BackupError(f"{file}: must be the file of stack {name}, got none")
    prefix = f"{NAMESPACE}:"
    config = {
        key.removeprefix(prefix): value
        for key, value in yaml.safe_load(file.read_text())["config"].items()
        if key.startswith(prefix)
    }
    encrypted = [key for key, value in config.items() if isinstance(value, dict) and "secure" in value]
    settings = parse({key: _text(value) for key, value in config.items()}, encrypted=encrypted)
    return Stack(name, settings, tuple(spec for specs in swarm(settings).values() for spec in specs))


def _text(value: object) -> str:
    """A value as the engine hands it over; of an encrypted one only that it is there."""
    if isinstance(value, dict) and "secure" in value:
        return "encrypted"
    return value if isinstance(value, str) else json.dumps(value)
