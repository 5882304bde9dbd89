"""What the Pulumi state says that the server holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.stack import pulumi

ENTRY_TYPE = "vault:kv/secretV2:SecretV2"
ID_TYPE = "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId"
_SECRET_SIGN = "4dabf18193072939515e22adb298388d"  # noqa: S105 - says that a value is one (pulumi, resource.Sig)


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
        EngineError: The engine refused.
    """
    deployment = json.loads(pulumi("stack", "export", "--show-secrets", "--stack", stack))["deployment"]
    # What waits for its removal has a successor of the same name.
    resources = [item for item in deployment.get("resources") or [] if not item.get("delete")]
    return Declared(
        entries={
            str(_plain(item["inputs"]["name"])): Entry(
                item["urn"], json.loads(_plain(item["inputs"]["dataJson"]))
            )
            for item in resources
            if item["type"] == ENTRY_TYPE
        },
        ids=tuple(_agent_id(item["outputs"]) for item in resources if item["type"] == ID_TYPE),
    )


def _agent_id(outputs: Mapping[str, object]) -> AgentId:
    words = (_plain(outputs[name]) for name in ("roleName", "accessor", "secretId"))
    return AgentId(*(str(word) for word in words))


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON of any shape
    """A decrypted secret stands as JSON text beside the sign that marks it."""
    return json.loads(value["plaintext"]) if isinstance(value, dict) and _SECRET_SIGN in value else value


def differing(declared: Mapping[str, str], found: Mapping[str, object]) -> list[str]:
    """Names of the fields that are not the same in both, never a value."""
    return sorted(name for name in {*declared, *found} if declared.get(name) != found.get(name))
