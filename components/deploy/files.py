"""A service's configuration and secrets as files on its node, and their way there.

One remote command per service. All content goes over standard input, the one channel of
`pulumi_command.remote.Command` that is neither logged nor part of an error message. The script that puts it
in place (`deliver.sh`) goes the same way, ahead of it: an error message repeats the whole command.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pulumi
import pulumi_command as command

from components.config.settings import NodeSettings
from components.deploy.archive import pack
from components.deploy.place import Place
from components.deploy.providers import ssh_connection
from components.model.naming import host_folder
from components.model.specs import ServiceSpec

RUN = 'IFS= read -r script || exit 1; eval "$(printf %s "$script" | base64 -d)"'
"""Runs the script that is the first line of standard input; what follows is for the script."""

_SCRIPT = Path(__file__).with_name("deliver.sh")


def standard_input(archive: str) -> str:
    """The script in one line, then the archive."""
    return f"{base64.b64encode(_SCRIPT.read_bytes()).decode()}\n{archive}"


def secret_texts(spec: ServiceSpec, place: Place) -> pulumi.Output[dict[str, str]]:
    """Text of each secret file by its name, as a secret."""
    texts = {file.name: place.secrets.text(file.parts) for file in spec.secrets}
    together: pulumi.Output[dict[str, str]] = (
        pulumi.Output.all(**texts) if texts else pulumi.Output.from_input({})
    )
    return pulumi.Output.secret(together)


def secrets_fingerprint(spec: ServiceSpec, place: Place) -> pulumi.Output[str] | None:
    """What changes whenever a secret file does that the program reads only when it starts; else None.

    A program that reloads its configuration reads its secrets anew with it, and keeps its connections.

    It is keyed, because it cannot be a secret itself: the engine keeps a secret `replacement_trigger` as an
    empty one and then never sees a change (3.259.0). A bare hash of a password that a human chose could be
    searched for; this one tells nothing without the key, which stays encrypted in the state.
    """
    if not spec.secrets or (spec.configuration is not None and spec.configuration.reload is not None):
        return None

    def fingerprint(values: list[Any]) -> str:
        key, texts = values
        message = json.dumps([spec.full_name, texts], sort_keys=True)
        return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()

    both = pulumi.Output.all(place.secrets.fingerprint_key, secret_texts(spec, place))
    return pulumi.Output.unsecret(both.apply(fingerprint))


def deliver_files(spec: ServiceSpec, place: Place, parent: pulumi.Resource) -> command.remote.Command | None:
    """Put the service's files on its node; None for a service without any.

    Any changed input runs `update`, which is the same script: it brings the folder to what standard input
    says, whatever is there. `triggers` must not be used: they replace the command, and the old one's `delete`
    would run after the new one's `create` (pulumi-command issue 189).
    """
    if spec.configuration is None and not spec.secrets:
        return None
    config = spec.configuration.files if spec.configuration else ()
    content = secret_texts(spec, place).apply(
        lambda texts: standard_input(pack(config, texts, spec.image.user))
    )
    deliver = _as_root(place.node, ["sh", "-c", RUN, "deliver", *_arguments(spec)])
    return command.remote.Command(
        f"{spec.full_name}-files",
        connection=ssh_connection(place.node),
        create=deliver,
        update=deliver,
        delete=_as_root(place.node, ["rm", "-rf", "--", host_folder(spec.name)]),
        stdin=content,
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
    folder = spec.configuration.folder if spec.configuration else ""
    check = [word.replace("{folder}", folder) for word in reload.check] if reload else []
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
