"""One change for each kind of secret: what it writes into the stack file, and how its success is proven."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Protocol

from components.catalogue.vault import PULUMI_ID
from components.catalogue.vault_seal import SEAL
from components.model.secrets import SECRETS_PATH
from components.model.specs import ServiceSpec
from ops import configuration
from ops.backup.snapshot import BackupError, data_key_of
from ops.backup.take import take
from ops.hosts import on_node
from ops.rotate.errors import RotationError
from ops.rotate.inside import inside
from ops.rotate.plan import next_epoch
from ops.rotate.proofs import Surroundings, Verdict, asks_for, prove
from ops.rotate.targets import Kind, Target, server
from ops.secret_values import known_secrets
from ops.stack import Stack
from ops.vault import VaultError

SECTION = "epochs"
_NUMBERED = {PULUMI_ID: "e", SEAL: "k"}
"""Secrets that have a value of their own for every epoch, with the letter before its number."""


class Change(Protocol):
    """What `apply` needs to know of a rotation."""

    target: Target

    def write(self) -> None:
        """Change the stack file."""

    def is_made(self) -> bool:
        """Whether the next value exists already, so that there is no way back."""

    def prove(self) -> tuple[Verdict, ...]:
        """What the programs do with both values now."""


def change_of(around: Surroundings, target: Target) -> Change:
    """The change that rotates a generated secret.

    Raises:
        RotationError: The stack has no value for it yet, or nobody is known who could refuse the old one.
    """
    if target.kind is Kind.SEAL:
        return SealChange(around.stack, target)
    return ValueChange(around, target)


def value_name(target: str, epoch: int) -> str:
    """Name of the value that belongs to an epoch."""
    letter = _NUMBERED.get(target)
    return f"{target}-{letter}{epoch}" if letter else target


class ValueChange:
    """A random value in place of another. The old one stays in memory, to be offered in the proof."""

    def __init__(self, around: Surroundings, target: Target) -> None:
        self.target = target
        self._stack, self._asks = around.stack, asks_for(around, target)
        self._epoch = next_epoch(around.stack, target.name)
        if not self._asks:
            raise RotationError(f"{target.name}: no program is known that could prove the old value refused")
        self._old = _value(self._stack, value_name(target.name, self._epoch - 1))
        self._new = ""

    def write(self) -> None:
        """Raise the epoch."""
        configuration.set_count(self._stack.name, SECTION, self.target.name, self._epoch)

    def is_made(self) -> bool:
        """Whether the state holds another value; the engine writes it down before anybody uses it."""
        self._new = known_secrets(self._stack.name).get(value_name(self.target.name, self._epoch), "")
        return self._new not in {"", self._old}

    def prove(self) -> tuple[Verdict, ...]:
        """Offer both values to every program that checks them."""
        if not self._new and not self.is_made():
            return (Verdict("the engine's state", "still the value", "none", proven=False),)
        return prove(self._asks, old=self._old, new=self._new)


class SealChange:
    """A seal key beside the one before, which older snapshots still need: nothing is refused here."""

    def __init__(self, stack: Stack, target: Target) -> None:
        self.target = target
        self._stack, self._server = stack, _server(stack)
        self._epoch = next_epoch(stack, target.name)
        self._before = self._container()

    def write(self) -> None:
        """Raise the epoch."""
        configuration.set_count(self._stack.name, SECTION, self.target.name, self._epoch)

    def is_made(self) -> bool:
        """Whether the state holds the next key. It may be used from then on, so it must never be lost."""
        return value_name(SEAL, self._epoch) in known_secrets(self._stack.name)

    def prove(self) -> tuple[Verdict, ...]:
        """Look at the server: started anew with the new key, unsealed by itself, its data sealed with it."""
        wrong = [said for said, holds in self._findings().items() if not holds] or self._elsewhere()
        new = f"k{self._epoch}: {', '.join(wrong) or 'in use, data sealed with it, unsealed after a restart'}"
        old = f"k{self._epoch - 1}: kept for older snapshots"
        return (Verdict(self._server.full_name, old, new, proven=not wrong),)

    def _findings(self) -> dict[str, bool]:
        folder = self._server.configuration.folder if self._server.configuration else ""
        settings = inside(self._stack, self._server, ("cat", f"{folder}/vault.hcl")).text
        file = f"{SECRETS_PATH}/seal-k{self._epoch}"
        digest = inside(self._stack, self._server, ("sha256sum", file)).text.partition(" ")[0]
        key = known_secrets(self._stack.name).get(value_name(SEAL, self._epoch), "")
        status = inside(self._stack, self._server, ("bao", "status", "-format=json")).text
        return {
            "not started anew": self._container() != self._before,
            "not named by the configuration": f'current_key_id = "k{self._epoch}"' in settings,
            "not in place": digest == hashlib.sha256(key.encode()).hexdigest(),
            "sealed": _unsealed(status),
        }

    def _elsewhere(self) -> list[str]:
        """Why the data do not count as sealed with the new key: a snapshot tells, and nothing else does."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                key_id = data_key_of(take(self._stack, Path(folder)).file)
        except (BackupError, VaultError) as error:
            return [str(error)]
        return [] if key_id == f"k{self._epoch}" else [f"data still sealed with {key_id}"]

    def _container(self) -> str:
        node = self._stack.nodes[self._server.node]
        return on_node(node, f"docker inspect --format {{{{.Id}}}} {self._server.full_name}")


def _unsealed(status: str) -> bool:
    try:
        return json.loads(status)["sealed"] is False
    except (ValueError, KeyError, TypeError):
        return False


def _value(stack: Stack, name: str) -> str:
    value = known_secrets(stack.name).get(name)
    if value is None:
        raise RotationError(f"{name}: must have a value before it can have another; pulumi up")
    return value


def _server(stack: Stack) -> ServiceSpec:
    spec = server(stack)
    if spec is None:
        raise RotationError(f"stack {stack.name}: must have a Vault server")
    return spec
