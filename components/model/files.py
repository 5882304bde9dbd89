"""Files that a service needs, as values: its configuration, and what only its first start needs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from components.model.secrets import SecretFile, SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """One rendered file. It holds no secret: its text may be shown in a preview."""

    name: str
    """Path below the service's configuration folder."""

    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """How a running program takes a changed configuration without being replaced."""

    check: tuple[str, ...]
    """Command in the container that refuses bad files once they, and the secrets, lie in place; `{folder}` is
    the configuration's folder."""

    signal: str
    """Signal to the container that makes it read the files again, e.g. `HUP`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A service's configuration folder, mounted read-only."""

    folder: str
    """Path in the container."""

    files: tuple[ConfigFile, ...]
    reload: Reload | None = None
    """None: a change of any file replaces the container."""

    @property
    def digest(self) -> str:
        """16 hex digits over names, modes and texts."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.name):
            digest.update(f"{file.name}\0{file.executable}\0{file.text}\0".encode())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """What a service needs for its very first start, and must not have afterwards.

    So a service that has lost its data cannot begin anew by itself; only a raised generation brings the file
    once more.
    """

    folder: str
    """Path in the container. Its folder on the node keeps the highest generation, and the file until the
    service works."""

    file: SecretFile
    generation: int
    ready: tuple[str, ...]
    """Command in the container that ends once the service works; `ready_input` is its standard input."""

    ready_input: tuple[str | SecretRef, ...]
    retire: tuple[str, ...]
    """Command in the container that ends what was good before, with the same input; run once the state has
    what is good now."""
