"""Put a backup into the running server, after its data were lost or given up, or to undo what was done."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import hvac
import requests
from hvac import exceptions

from components.catalogue.vault import SERVER, SERVER_NODE
from components.model.naming import service_name
from components.render.openbao import MOUNT, NODES_MOUNT, PULUMI_ROLE
from ops import stack as engine
from ops import vault
from ops.backup.declared import AgentId, Entry, differing
from ops.backup.shelf import Backup
from ops.backup.snapshot import BackupError
from ops.secret_values import known_secrets, login_epoch, login_name
from ops.stack import Stack

WITHIN_SECONDS = 60.0
_PAUSE_SECONDS = 0.5

_RIGHT = '\npath "sys/storage/raft/snapshot" {\n  capabilities = ["read", "update"]\n}\n'
_KEY_ID = re.compile(r'^\s*(?:current|previous)_key_id = "([^"]+)"', re.MULTILINE)


def check_fits(stack: Stack, backup: Backup) -> None:
    """Refuse a backup that this stack's server could not open, before anything is lost.

    Raises:
        BackupError: With what to do instead.
    """
    if backup.stack and backup.stack != stack.name:
        raise BackupError(f"{backup.file}: must be a backup of stack {stack.name}, got one of {backup.stack}")
    keys = seal_keys(stack)
    if backup.seal_key not in keys:
        raise BackupError(
            f"{backup.file}: must be sealed with a key of the server's ({', '.join(keys)}), got "
            f"{backup.seal_key}; choose a newer backup"
        )
    present = login_epoch(stack)
    if backup.login_epoch and backup.login_epoch not in {present, present - 1}:
        raise BackupError(
            f"{backup.file}: must know the program's login of epoch {present}, or the one before, got "
            f"epoch {backup.login_epoch}; choose a newer backup"
        )


def seal_keys(stack: Stack) -> list[str]:
    """Ids of the seal keys that the server is configured with, the current one first."""
    name = service_name(SERVER_NODE, SERVER)
    server = next(spec for spec in stack.services if spec.full_name == name)
    files = server.configuration.files if server.configuration else ()
    return [key for file in files for key in _KEY_ID.findall(file.text)]


def put_back(stack: Stack, backup: Backup) -> None:
    """Restore the backup and come back once the program can log in.

    The server takes a snapshot sealed with any of its keys. Every token of before is refused from then on. A
    backup of before the last rotation of the program's login knows the former one, which the state still has.

    Raises:
        EngineError: The state could not be read; what the server holds is as before.
        VaultError: The server is away, sealed or refuses; what it holds is as before.
        BackupError: It took the backup, and does not come back with it.
    """
    snapshot = backup.file.read_bytes()
    former = known_secrets(stack.name).get(login_name(login_epoch(stack) - 1), "")
    if former == engine.output(stack.name, "vault_secret_id"):
        former = ""  # the epoch was raised and not deployed: it is the one in use
    with vault.connect(stack) as server, _right_to_restore(server):
        _system(server).restore_raft_snapshot(snapshot)
        _wait_until_replaced(server)
    _wait_for_login(stack, former)


def drifted(stack: Stack, entries: Mapping[str, Entry]) -> dict[str, list[str]]:
    """Entries that hold something else than the state says, each with its fields.

    A refresh does not see them: the engine never reads values back.

    Raises:
        VaultError: The server refuses.
    """
    with vault.connect(stack) as server:
        found: dict[str, Any] = {path: server.read(f"{MOUNT}/data/{path}") for path in sorted(entries)}
    stored = {path: (answer or {}).get("data", {}).get("data") or {} for path, answer in found.items()}
    return {
        path: names for path, values in stored.items() if (names := differing(entries[path].values, values))
    }


def make_way(stack: Stack, ids: Iterable[AgentId]) -> list[str]:
    """Remove agents' ids that the state knows under another name, and return their roles.

    The server names an id anew each time it is registered. A refresh looks for the name in the state and, not
    finding it, has the next `up` register the id: which the server refuses while a backup still holds it.

    Raises:
        VaultError: The server refuses.
    """
    removed = []
    with vault.connect(stack) as server:
        logins = server.auth.approle
        for each in ids:
            try:
                logins.read_secret_id_accessor(each.role, each.accessor, mount_point=NODES_MOUNT)
            except (exceptions.InvalidPath, exceptions.InvalidRequest, exceptions.InternalServerError):
                logins.destroy_secret_id(each.role, each.secret_id, mount_point=NODES_MOUNT)
                removed.append(each.role)
    return removed


@contextmanager
def _right_to_restore(server: hvac.Client) -> Iterator[None]:
    """Let the program overwrite everything, for this once.

    Its policy lets it take snapshots only. It may write policies, so it adds the right and takes it back; a
    restored server has the policy that was in the backup.
    """
    system = _system(server)
    before = system.read_acl_policy(PULUMI_ROLE)["data"]["policy"]
    system.create_or_update_acl_policy(PULUMI_ROLE, before + _RIGHT, pretty_print=False)
    try:
        yield
    finally:
        # Refused after a restore, which has put the policy back by itself.
        with contextlib.suppress(exceptions.VaultError, requests.RequestException):
            system.create_or_update_acl_policy(PULUMI_ROLE, before, pretty_print=False)


def _system(server: hvac.Client) -> Any:  # noqa: ANN401 - the stubs lack the types of these calls
    return server.sys


def _wait_until_replaced(server: hvac.Client) -> None:
    """Wait until our token, which is younger than the backup, is unknown; until then nothing else tells."""
    end = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < end:
        try:
            server.auth.token.lookup_self()
        except exceptions.Forbidden:
            return
        except (exceptions.VaultError, requests.RequestException):
            pass  # closed while it takes the backup over: sealed, or unable to read what is half there
        time.sleep(_PAUSE_SECONDS)
    raise BackupError(
        f"{server.url}: must hold the backup within {WITHIN_SECONDS:.0f} s, got no sign of it; "
        f"{vault.ITS_LOG}"
    )


def _wait_for_login(stack: Stack, former: str) -> None:
    end = time.monotonic() + WITHIN_SECONDS
    while True:
        try:
            with vault.connect(stack) as server:
                if former:  # one that the server does not know is no error to it
                    server.auth.approle.destroy_secret_id(PULUMI_ROLE, former, mount_point=PULUMI_ROLE)
                return
        except vault.VaultError as error:
            if time.monotonic() > end:
                fix = "if it knows no login of this stack, see Begin anew in docs/secrets.md"
                raise BackupError(f"{error}; the backup is in; {fix}") from error
        if former:
            with contextlib.suppress(vault.VaultError):
                _register_login(stack, former)
        time.sleep(_PAUSE_SECONDS)


def _register_login(stack: Stack, former: str) -> None:
    """Have a server that knows the program's former id take the present one, as after a rotation."""
    with vault.reach(stack) as server:
        logins = server.auth.approle
        logins.login(PULUMI_ROLE, former, mount_point=PULUMI_ROLE)
        present = engine.output(stack.name, "vault_secret_id")
        logins.create_custom_secret_id(PULUMI_ROLE, present, mount_point=PULUMI_ROLE)
        server.auth.token.revoke_self()
