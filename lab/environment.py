"""The variables with which plain `pulumi` works on the lab stack, touching nothing of the user's own."""

from __future__ import annotations

import os
from pathlib import Path

from lab import engine, nodes, paths
from lab.process import StepError

STACK = "lab"

LabError = StepError
"""What any part of the lab raises when it cannot go on."""


def pulumi_home() -> Path:
    """The lab's own PULUMI_HOME; plugins of the operator's are neither used nor changed."""
    return paths.state_dir() / "pulumi-home"


def backend() -> Path:
    """Folder of the lab's Pulumi state."""
    return paths.state_dir() / "backend"


def passphrase_file() -> Path:
    """Passphrase of the lab stack, made at random once."""
    return paths.state_dir() / "passphrase"


def config_file() -> Path:
    """`Pulumi.lab.yaml` plus what only this machine knows: image digests, host keys, the certificate."""
    return paths.state_dir() / "Pulumi.lab.yaml"


def ca_file() -> Path:
    """Certificate authority of the lab's front door."""
    return paths.state_dir() / "tls" / "ca.pem"


def variables() -> dict[str, str]:
    """Environment of a shell, or of a test, that works on the lab.

    `PULUMI_OPTION_CONFIG_FILE` stands for the flag `--config-file` of every command that has it.
    """
    found = engine.find()
    if found is None or not passphrase_file().exists():
        raise StepError("the lab must exist before its environment can be used", hint="make up")
    folders = [str(found.bin_dir), str(paths.REPO / ".venv" / "bin"), *os.environ.get("PATH", "").split(":")]
    return {
        "PATH": ":".join(dict.fromkeys(folders)),
        "PULUMI_HOME": str(pulumi_home()),
        "PULUMI_BACKEND_URL": f"file://{backend()}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file()),
        "PULUMI_OPTION_CONFIG_FILE": str(config_file()),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **nodes.ssh_environment(),
    }
