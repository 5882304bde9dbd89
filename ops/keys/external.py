"""Where an external key is, what may be one, and how one gets into the Vault server and out of it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hvac import exceptions

from components.catalogue.keys import EXTERNAL_KEYS, ExternalKey
from components.config.settings import NAMESPACE
from components.model.forms import KEY_TEXT, is_key_text
from components.model.problems import Problem
from components.model.vault import NODE_ROLE_PREFIX
from components.render.openbao import EXTERNAL_FIELD, MOUNT, external_path
from ops import configuration, vault
from ops.errors import SwarmError
from ops.stack import EngineError, Stack

SECTION = "keys_in_vault"


@dataclass
class KeysError(SwarmError):
    """A key was not put in or taken out as asked; the message says what is left to do."""

    said: str

    def __str__(self) -> str:
        """What happened, and the next command."""
        return self.said


@dataclass(frozen=True)
class Row:
    """One key as the list shows it."""

    name: str
    purpose: str
    where: str
    used_by: tuple[str, ...]


def rows(stack: Stack) -> list[Row]:
    """Every key that there can be, and where it is."""
    return [Row(name, key.purpose, _where(stack, name), key.used_by) for name, key in EXTERNAL_KEYS.items()]


def _where(stack: Stack, name: str) -> str:
    times = stack.settings.keys_in_vault.get(name, 0)
    if times:
        return f"in Vault (set {times} {'time' if times == 1 else 'times'})"
    return "stack configuration" if name in stack.settings.keys_in_stack else "not set"


def problems_of_name(stack: Stack, name: str) -> list[Problem]:
    """Why a key of this name cannot be put in."""
    if name not in EXTERNAL_KEYS:
        return [Problem(name, f"must be one of {', '.join(EXTERNAL_KEYS)}")]
    if name in stack.settings.keys_in_stack:
        fix = f"remove that one with `pulumi config rm {NAMESPACE}:{name}`, or keep it and leave this"
        return [Problem(name, "must be in one place", "the stack configuration, encrypted", fix)]
    return []


def problems_of_value(name: str, value: str) -> list[Problem]:
    """Why this text cannot be a key, by the rule of the settings; none of it is ever repeated."""
    if is_key_text(value):
        return []
    return [Problem(name, KEY_TEXT, _kind(value), f'printf %s "$KEY" | ./swarm keys set {name}')]


def _kind(value: str) -> str:
    """What of the rule is broken, in the order in which it is likely to be meant."""
    if not value.strip("\r\n"):
        return "nothing"
    if "\n" in value or "\r" in value:
        return "a newline"
    if all(map(is_key_text, value)):
        return f"{len(value)} characters"
    return "spaces, control characters or others"


def put(stack: Stack, name: str, value: str) -> int:
    """Write the value, then count it in the stack file, which makes the next `up` hand it out.

    In this order, because a counted key that is not there would leave its services without any secret.

    Returns:
        How often the key has been set now.

    Raises:
        VaultError: The server refused; nothing has changed.
        KeysError: The value is in the server and could not be counted.
    """
    with vault.connect(stack) as client:
        written = client.secrets.kv.v2.create_or_update_secret(
            external_path(name), secret={EXTERNAL_FIELD: value}, mount_point=MOUNT
        )
    # The server's count, too: after `remove` without an `up`, ours alone would fall back to what is deployed.
    times = max(stack.settings.keys_in_vault.get(name, 0) + 1, int(written["data"]["version"]))
    try:
        configuration.set_count(stack.name, SECTION, name, times)
    except EngineError as error:
        path = configuration.count_path(SECTION, name)
        raise KeysError(
            f"{name}: the value is in Vault, and the stack file could not be changed: {error}\n"
            "until it is, services that start anew may get the new value and the others keep the old one\n"
            f"next: pulumi config set --path '{path}' {times} --stack {stack.name}, then pulumi up"
        ) from error
    return times


def forget(stack: Stack, name: str) -> bool:
    """Take the key out of the stack file, so that the next `up` takes it away from its services.

    Returns:
        Whether it was there.

    Raises:
        EngineError: The engine refused; nothing has changed.
    """
    if name not in stack.settings.keys_in_vault:
        return False
    configuration.remove_count(stack.name, SECTION, name)
    return True


def readers(stack: Stack, name: str) -> list[str]:
    """Policies in the server that still let somebody read the key: until `up` has run, its nodes' own.

    An agent that is refused one value renders nothing any more, so the value must outlive these.

    Raises:
        VaultError: The server is away or refuses.
    """
    path = f'"{MOUNT}/data/{external_path(name)}"'
    with vault.connect(stack) as client:
        system: Any = client.sys  # hvac's stubs leave these methods without types
        return [
            policy
            for policy in system.list_acl_policies()["data"]["keys"]
            if policy.startswith(NODE_ROLE_PREFIX)
            and path in system.read_acl_policy(policy)["data"]["policy"]
        ]


def erase(stack: Stack, name: str) -> bool:
    """Delete the value with all its versions.

    Returns:
        Whether there was one.

    Raises:
        VaultError: The server is away or refuses.
    """
    with vault.connect(stack) as client:
        store = client.secrets.kv.v2
        try:
            store.read_secret_metadata(external_path(name), mount_point=MOUNT)
        except exceptions.InvalidPath:
            return False
        store.delete_metadata_and_all_versions(external_path(name), mount_point=MOUNT)
        return True


def users(name: str) -> str:
    """The services that use the key, for a sentence."""
    key: ExternalKey = EXTERNAL_KEYS[name]
    return ", ".join(key.used_by) or "no service of this version"
