"""Secrets by name: a spec says which value goes into which file and never holds a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SECRETS_PATH = "/run/secrets"
"""Folder in every container that holds the service's secret files."""


class SecretSource(StrEnum):
    """Who makes the value."""

    GENERATED = "generated"
    """Random, made once by the engine and kept encrypted in its state."""

    CONFIGURED = "configured"
    """Set by the operator with `pulumi config set --secret`; empty in a preview without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRef:
    """One secret value. Two services that share a value share the reference."""

    name: str
    """Logical name, e.g. `redis-password`; for configured ones the key in the stack file."""

    source: SecretSource = SecretSource.GENERATED

    length: int = 32
    """Characters of a generated value: letters and digits only, so it needs no quoting anywhere."""

    kept_with_data: bool = False
    """The value also lives inside a retained volume, which opens with no other: protected like it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """A file in `SECRETS_PATH`, readable by the container's user alone."""

    name: str
    """File name, e.g. `password`."""

    parts: tuple[str | SecretRef, ...]
    """Literal text and references, concatenated. No template language: nothing to escape."""

    @property
    def path(self) -> str:
        """Path of the file in the container."""
        return f"{SECRETS_PATH}/{self.name}"

    @property
    def references(self) -> tuple[SecretRef, ...]:
        """The secrets that this file needs."""
        return tuple(part for part in self.parts if isinstance(part, SecretRef))
