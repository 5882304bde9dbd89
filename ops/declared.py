"""What a stack's file declares, without an engine: for plans, documents and rules that touch no host."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from ops import lab_bridge, stack
from ops.errors import SwarmError
from ops.session import REPO
from ops.stack import Stack

PRODUCTION = "prod"
"""The stack that documents and the image lock are about."""

_CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE"
"""Stands for the engine's flag `--config-file`."""


@dataclass
class StackFileError(SwarmError):
    """There is no stack file, or it is none."""

    said: str

    def __str__(self) -> str:
        """The file, and what it must be."""
        return self.said


def find_file(name: str) -> Path:
    """The file that the engine would use for the stack.

    The lab that runs here has a generated one; before its first `make up`, the committed one tells most.
    An operator may keep the file elsewhere, named by the engine's own variable. That is heeded for the stack
    that its name tells alone: in a shell that works on the lab, it names the lab's.
    """
    if name == lab_bridge.STACK and (generated := lab_bridge.config_file()).exists():
        return generated
    elsewhere = Path(os.environ.get(_CONFIG_FILE, ""))
    file_name = f"Pulumi.{name}.yaml"
    return elsewhere if elsewhere.name == file_name else REPO / file_name


def read(name: str) -> Stack:
    """The stack as its file declares it; a secret value counts as set and is never read.

    Raises:
        StackFileError: There is no such file, or it is no stack file.
        SettingsError: Its configuration is not valid.
    """
    return read_file(name, find_file(name))


def read_file(name: str, file: Path) -> Stack:
    """The stack as this file declares it.

    Raises:
        StackFileError: As for `read`.
        SettingsError: As for `read`.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(path.name.split(".")[1] for path in REPO.glob("Pulumi.*.yaml")))
        raise StackFileError(f"{file}: must exist, got nothing; known stacks are {known}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise StackFileError(f"{file}: must be a readable YAML file, got {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
        raise StackFileError(f"{file}: must be a stack file with a section `config`, got none")
    return stack.configured(name, document["config"])
