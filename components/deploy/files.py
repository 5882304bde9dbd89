"""A service's configuration and secrets as files on its node, and their way there.

One remote command per service. The content goes over standard input, the one channel of
`pulumi_command.remote.Command` that is neither logged nor part of an error message; the command text is the
same fixed script for all (`deliver.sh`) and holds no secret.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import pulumi
import pulumi_command as command

from components.config.settings import NodeSettings
from components.deploy.archive import pack
from components.deploy.place import Place
from components.deploy.providers import ssh_connection
from components.model.naming import host_folder
from components.model.specs import ServiceSpec

_SCRIPT = Path(__file__).with_name("deliver.sh")


def secret_texts(spec: ServiceSpec, place: Place) -> pulumi.Output[dict[str, str]]:
    """Text of each secret file by its name, as a secret."""
    texts = {file.name: place.secrets.text(file.parts) for file in spec.secrets}
    together: pulumi.Output[dict[str, str]] = (
        pulumi.Output.all(**texts) if texts else pulumi.Output.from_input({})
    )
    return pulumi.Output.secret(together)


def secrets_digest(spec: ServiceSpec, place: Place) -> pulumi.Output[str] | None:
    """What changes whenever one of the service's secret files does; None for a service without any.

    It is a secret itself and meant for the engine's encrypted state alone. A hash of a password that a human
    chose can be searched for, so it must not become a label, which everyone who may ask Docker can read.
    """
    if not spec.secrets:
        return None

    def digest(texts: dict[str, str]) -> str:
        return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()

    return secret_texts(spec, place).apply(digest)


def deliver_files(spec: ServiceSpec, place: Place, parent: pulumi.Resource) -> command.remote.Command | None:
    """Put the service's files on its node; None for a service without any.

    Any changed input runs `update`, which is the same script: it brings the folder to what standard input
    says, whatever is there. `triggers` must not be used: they replace the command, and the old one's `delete`
    would run after the new one's `create` (pulumi-command issue 189).
    """
    if spec.configuration is None and not spec.secrets:
        return None
    config = spec.configuration.files if spec.configuration else ()
    archive = secret_texts(spec, place).apply(lambda texts: pack(config, texts, spec.image.user))
    script = _as_root(place.node, ["sh", "-c", _SCRIPT.read_text(), "deliver", *_arguments(spec)])
    return command.remote.Command(
        f"{spec.full_name}-files",
        connection=ssh_connection(place.node),
        create=script,
        update=script,
        delete=_as_root(place.node, ["rm", "-rf", "--", host_folder(spec.name)]),
        stdin=archive,
        logging=command.remote.Logging.NONE,
        add_previous_output_in_env=False,
        opts=pulumi.ResourceOptions(
            parent=parent,
            delete_before_replace=True,
            additional_secret_outputs=["stdin", "stdout", "stderr"],
        ),
    )


def _arguments(spec: ServiceSpec) -> Sequence[str]:
    """Arguments of `deliver.sh`."""
    reload = spec.configuration.reload if spec.configuration else None
    signal = reload.signal if reload else ""
    candidate = f"{spec.configuration.folder}/.next" if spec.configuration else ""
    check = [word.replace("{folder}", candidate) for word in reload.check] if reload else []
    return [
        host_folder(spec.name),
        spec.image.user,
        spec.full_name,
        spec.image.reference,
        signal,
        *check,
    ]


def _as_root(node: NodeSettings, words: Sequence[str]) -> str:
    """The command as root: owners can be set and `/opt` written by nobody else."""
    prefix = [] if node.ssh.user == "root" else ["sudo", "-n"]
    return shlex.join([*prefix, *words])
