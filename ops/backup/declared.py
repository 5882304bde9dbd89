"""What the Pulumi state says that the server holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.secret_values import shown
from ops.stack import pulumi

ENTRY_TYPE = "vault:kv/secretV2:SecretV2"
ID_TYPE = "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId"


@dataclass(frozen=True)
class Entry:
    """One entry of the key-value store."""

    urn: str
    values: Mapping[str, str] = field(repr=False)
    """By field; secret."""


@dataclass(frozen=True)
class AgentId:
    """What a node's agent logs in with."""

    role: str
    accessor: str
    """The server's own name of the id."""

    secret_id: str = field(repr=False)


@dataclass(frozen=True)
class Declared:
    """What stands in the state, decrypted; it stays in memory."""

    entries: Mapping[str, Entry]
    """By path below the mount."""

    ids: tuple[AgentId, ...]


def read(stack: str) -> Declared:
    """Ask the engine for the state.

    Raises:
        EngineError: The engine refused, or does not show a value.
    """
    deployment = json.loads(pulumi("stack", "export", "--show-secrets", "--stack", stack))["deployment"]
    # What waits for its removal has a successor of the same name.
    resources = [item for item in deployment.get("resources") or [] if not item.get("delete")]
    return Declared(
        entries={
            shown(item["urn"], item["inputs"]["name"]): Entry(
                item["urn"], json.loads(shown(item["urn"], item["inputs"]["dataJson"]))
            )
            for item in resources
            if item["type"] == ENTRY_TYPE
        },
        ids=tuple(_agent_id(item) for item in resources if item["type"] == ID_TYPE),
    )


def _agent_id(item: Mapping[str, Any]) -> AgentId:
    names = ("roleName", "accessor", "secretId")
    return AgentId(*(shown(item["urn"], item["outputs"][name]) for name in names))


def differing(declared: Mapping[str, str], found: Mapping[str, object]) -> list[str]:
    """Names of the fields that are not the same in both, never a value."""
    return sorted(name for name in {*declared, *found} if declared.get(name) != found.get(name))
