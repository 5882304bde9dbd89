"""What a stack is configured to be, asked of the engine that keeps it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from components.catalogue.swarm import swarm
from components.config.load import parse
from components.config.settings import NAMESPACE, NodeSettings, Settings
from components.model.specs import ServiceSpec
from ops.errors import SwarmError

_ENCRYPTED = "encrypted"
"""In place of a secret value, which is not asked for: that it is set is all that matters here."""


@dataclass
class EngineError(SwarmError):
    """The `pulumi` command refused; its own words are the message."""

    said: str

    def __str__(self) -> str:
        """The engine's words."""
        return self.said


_HALF_WRITTEN = "failed to load checkpoint:"
"""An `up` at the same time writes the state, which the file backend does in place (pkg/backend/diy)."""

_LOOKS = 10
_PAUSE_SECONDS = 0.3


def _run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(("pulumi", *arguments), capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        fix = 'for the lab, eval "$(./swarm env)"'
        raise EngineError(f"pulumi: must be on PATH, got nothing; {fix}") from error


def pulumi(*arguments: str) -> str:
    """Run `pulumi` in the current folder and return its standard output.

    Raises:
        EngineError: It is not on PATH or ended with another status than 0.
    """
    done = _run(arguments)
    for _ in range(_LOOKS - 1):
        if _HALF_WRITTEN not in done.stderr:
            break
        time.sleep(_PAUSE_SECONDS)
        done = _run(arguments)
    if done.returncode != 0:
        # Diagnostics of an operation are on its standard output, refusals of the command on the other one.
        raise EngineError("\n".join(text for text in (done.stdout.strip(), done.stderr.strip()) if text))
    return done.stdout


@dataclass(frozen=True)
class Stack:
    """A stack's name, settings and the services that follow from them."""

    name: str
    settings: Settings
    services: tuple[ServiceSpec, ...]

    @property
    def nodes(self) -> dict[str, NodeSettings]:
        """The stack's machines by name."""
        return self.settings.nodes.by_name()

    def on(self, node: str) -> tuple[ServiceSpec, ...]:
        """The services of one node."""
        return tuple(spec for spec in self.services if spec.node == node)


def read(name: str) -> Stack:
    """Read a stack's settings as the engine has them.

    Raises:
        EngineError: The engine does not know the stack.
        SettingsError: Its configuration is not valid.
    """
    config = json.loads(pulumi("config", "--json", "--stack", name))
    values = {key: item.get("value", _ENCRYPTED) for key, item in config.items()}
    return _stack(name, values, encrypted=[key for key, item in config.items() if item.get("secret")])


def committed(name: str, folder: Path) -> Stack:
    """Read a stack's settings as they stand in the project's folder, without any engine."""
    return configured(name, yaml.safe_load((folder / f"Pulumi.{name}.yaml").read_text())["config"])


def configured(name: str, config: Mapping[str, object]) -> Stack:
    """The stack that the section `config` of a stack file describes; an encrypted value counts as set.

    Raises:
        SettingsError: The configuration is not valid.
    """
    encrypted = [key for key, value in config.items() if _is_encrypted(value)]
    values = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
        if key not in encrypted
    }
    return _stack(name, {**values, **dict.fromkeys(encrypted, _ENCRYPTED)}, encrypted=encrypted)


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"secure"}


def _stack(name: str, config: Mapping[str, str], *, encrypted: Iterable[str] = ()) -> Stack:
    prefix = f"{NAMESPACE}:"
    raw = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    settings = parse(raw, encrypted=[key.removeprefix(prefix) for key in encrypted])
    services = tuple(spec for specs in swarm(settings).values() for spec in specs)
    return Stack(name, settings, services)


def output(stack: str, name: str) -> str:
    """One output of the deployed stack, decrypted if it is secret.

    Raises:
        EngineError: The stack was never deployed, or the engine refused.
    """
    try:
        return pulumi("stack", "output", name, "--show-secrets", "--stack", stack).strip()
    except EngineError as error:
        if "does not have output property" in error.said:
            raise EngineError(f"stack {stack}: must be deployed first; pulumi up") from error
        raise


def urls(stack: str) -> dict[str, str]:
    """Where the deployed stack's services answer, by name."""
    found = json.loads(pulumi("stack", "output", "urls", "--json", "--stack", stack))
    return {str(name): str(url) for name, url in found.items()}
