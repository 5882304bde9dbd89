"""The lab, for commands on the stack `lab` alone: any other stack neither loads nor needs its package."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from ops.errors import SwarmError

STACK = "lab"


@dataclass
class LabError(SwarmError):
    """There is no lab on this machine."""

    said: str

    def __str__(self) -> str:
        """What is missing, and the way to another stack."""
        return f"{self.said}\nfor another stack: --stack NAME"


def shell_lines() -> list[str]:
    """Lines for a POSIX shell after which plain `pulumi` works on the lab.

    Raises:
        LabError: The lab was never up on this machine.
    """
    from lab import environment  # noqa: PLC0415 - an operator of another stack needs no lab

    try:
        exports = [f"export {name}={shlex.quote(value)}" for name, value in environment.variables().items()]
    except environment.LabError as error:
        raise LabError(str(error)) from error
    return [*(f"unset {name}" for name in environment.unset_names()), *exports]


def activate() -> None:
    """Make this process work on the lab.

    Raises:
        LabError: The lab was never up on this machine.
    """
    from lab import environment  # noqa: PLC0415 - an operator of another stack needs no lab

    try:
        environment.activate()
    except environment.LabError as error:
        raise LabError(str(error)) from error


def config_file() -> Path:
    """Configuration of the lab that runs, or ran last, on this machine; there may be none."""
    from lab import environment  # noqa: PLC0415 - an operator of another stack needs no lab

    return environment.config_file()


def ca_file() -> Path:
    """Certificate authority of the lab's front door."""
    from lab import environment  # noqa: PLC0415 - an operator of another stack needs no lab

    return environment.ca_file()


def vault_authority() -> Path:
    """Folder with the authority that signs the certificates of the lab's Vault server, and its key."""
    from lab import tls  # noqa: PLC0415 - an operator of another stack needs no lab

    return tls.vault_folder()
