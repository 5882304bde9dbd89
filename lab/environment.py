"""The variables with which plain `pulumi` works on the lab stack, touching nothing of the user's own."""

from __future__ import annotations

import os
from pathlib import Path

from lab import engine, nodes, paths
from lab.nodes import railway
from lab.process import StepError

STACK = "lab"

_OVERRULING = ("PULUMI_SELF_MANAGED_STATE_", "PULUMI_DIY_BACKEND_")
"""Beginnings of variables that change how any file backend is written, such as the operator's own."""

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


def image_lock() -> Path:
    """What proves the lab's own images, where policies look for it: beside the configuration."""
    return config_file().with_suffix(".images.lock.json")


def ca_file() -> Path:
    """Certificate authority of the lab's front door."""
    return paths.state_dir() / "tls" / "ca.pem"


def variables() -> dict[str, str]:
    """Environment of a shell, or of a test, that works on the lab.

    `PULUMI_OPTION_CONFIG_FILE` stands for the flag `--config-file` of every command that has it. The
    variables of `unset_names` have to go as well. The lab's ssh-agent is started where a reboot has ended it.

    Raises:
        StepError: There is no lab.
    """
    found = engine.find()
    if found is None or not passphrase_file().exists():
        raise StepError("the lab must exist before its environment can be used", hint="make up")
    nodes.ensure_agent()
    folders = [str(found.bin_dir), str(paths.REPO / ".venv" / "bin"), *os.environ.get("PATH", "").split(":")]
    return {
        "PATH": ":".join(dict.fromkeys(folders)),
        "PULUMI_HOME": str(pulumi_home()),
        "PULUMI_BACKEND_URL": f"file://{backend()}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file()),
        "PULUMI_OPTION_CONFIG_FILE": str(config_file()),
        "PULUMI_STACK": STACK,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        **nodes.ssh_environment(),
        **railway.environment(),
    }


def unset_names() -> tuple[str, ...]:
    """Variables of the operator's that must not be set beside `variables`, of those that are.

    `PULUMI_CONFIG_PASSPHRASE` wins over the passphrase file, even when it is empty (pulumi's
    pkg/secrets/passphrase/manager.go); the others would change the form of the lab's state.
    """
    return tuple(
        sorted(
            name for name in os.environ if name == "PULUMI_CONFIG_PASSPHRASE" or name.startswith(_OVERRULING)
        )
    )


def activate() -> None:
    """Make this process, and what it starts, work on the lab.

    Raises:
        StepError: There is no lab.
    """
    added = variables()
    for name in unset_names():
        del os.environ[name]
    os.environ.update(added)
