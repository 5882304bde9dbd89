"""Secrets by name: a spec says which value goes into which file and never holds a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from components.model.forms import is_file_name
from components.model.problems import Problem, SpecError

SECRETS_PATH = "/run/secrets"
"""Folder in every container that holds the service's secret files."""

VERSION_NAME = "version"
"""Says which values the others are: among an entry's fields, and among the agent's templates."""

VERSION_FILE = f".{VERSION_NAME}"
"""Rendered last of a service's secret files: says which values they hold, and that all of them are there."""


class SecretSource(StrEnum):
    """Who makes the value."""

    GENERATED = "generated"
    """Random, made once by the engine and kept encrypted in its state."""

    CONFIGURED = "configured"
    """Set by the operator with `pulumi config set --secret`; empty in a preview without secrets."""

    VAULT = "vault"
    """Put into the Vault server by hand, with `./swarm keys set`; the program never sees the value."""


class SecretForm(StrEnum):
    """What a generated value looks like."""

    WORD = "word"
    """Letters and digits only, so it needs no quoting anywhere."""

    HEX = "hex"
    """Two hex digits a byte, for programs that want a key of so many bytes."""

    BASE64 = "base64"
    """For programs that want a key of so many bytes in this form."""

    UUID = "uuid"
    """For programs whose tokens have this form."""


class SecretsFrom(StrEnum):
    """How a service comes by its secret files."""

    AGENT = "agent"
    """The node's agent renders them from the Vault server into memory."""

    HOST = "host"
    """Delivered onto the node's disk over SSH: for what must start before any agent can work."""


class SecretChange(StrEnum):
    """What a changed secret does to a service that runs."""

    REPLACE = "replace"
    """It reads its files only when it starts, so its container is replaced."""

    RELOAD = "reload"
    """It reads them anew together with its configuration, and keeps its connections."""

    SETTLE = "settle"
    """A command in the container takes them over."""

    NOTICE = "notice"
    """It looks at its files by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretRef:
    """One secret value. Two services that share a value share the reference."""

    name: str
    """Logical name, e.g. `redis-password`; for configured ones the key in the stack file."""

    source: SecretSource = SecretSource.GENERATED

    length: int = 32
    """Characters of a generated value."""

    form: SecretForm = SecretForm.WORD
    kept_with_data: bool = False
    """The value also lives inside a retained volume, which opens with no other: protected like it, and never
    rotated."""

    family: str = ""
    """Name under which `aiswarm:epochs` counts, where every epoch has a value of its own beside the others;
    empty means that a raised epoch puts another value in place of this one."""

    times_set: int = 1
    """How often the operator has put a value of source VAULT in: what shows that it is another one."""

    def __post_init__(self) -> None:
        if self.name == VERSION_NAME:
            raise SpecError(Problem("secrets.name", f"must not be {VERSION_NAME!r}, which is taken"))

    @property
    def rotates_as(self) -> str:
        """The name that `aiswarm:epochs` knows it by."""
        return self.family or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """A file in `SECRETS_PATH`, readable by the container's user alone."""

    name: str
    """File name, e.g. `password`."""

    parts: tuple[str | SecretRef, ...]
    """Literal text and references, concatenated. No template language: nothing to escape."""

    fixed: bool = False
    """Once on the node, it is never overwritten with other content: data there opens with no other."""

    def __post_init__(self) -> None:
        if not is_file_name(self.name):
            expected = "must be a file's name: letters, digits, _, and later . and -"
            raise SpecError(Problem("secrets.file", expected, repr(self.name)))
        if self.name == VERSION_NAME:
            raise SpecError(Problem("secrets.file", f"must not be {VERSION_NAME!r}, which is taken"))

    @property
    def path(self) -> str:
        """Path of the file in the container."""
        return f"{SECRETS_PATH}/{self.name}"

    @property
    def references(self) -> tuple[SecretRef, ...]:
        """The secrets that this file needs."""
        return tuple(part for part in self.parts if isinstance(part, SecretRef))
