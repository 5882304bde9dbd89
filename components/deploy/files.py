"""A service's configuration and secrets as files on its node, and their way there.

One remote command per service. All content goes over standard input, the one channel of
`pulumi_command.remote.Command` that is neither logged nor part of an error message. The script that puts it
in place (`deliver.sh`) goes the same way, ahead of it: an error message repeats the whole command.
"""

from __future__ import annotations

import base64
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import pulumi
import pulumi_command as command

from components.config.settings import NodeSettings
from components.deploy.archive import pack
from components.deploy.place import Place
from components.deploy.providers import ssh_connection
from components.model.naming import AGENT, host_folder, service_name
from components.model.secrets import VERSION_FILE
from components.model.specs import ServiceSpec
from components.model.vault import agent_folder

RUN = 'IFS= read -r script || exit 1; eval "$(printf %s "$script" | base64 -d)"'
"""Runs the script that is the first line of standard input; what follows is for the script."""

_SCRIPT = Path(__file__).with_name("deliver.sh")


def script_line(script: Path) -> str:
    """A script as the line that `RUN` reads."""
    return f"{base64.b64encode(script.read_bytes()).decode()}\n"


def standard_input(archive: str, *, version: str = "", fixed: Iterable[str] = ()) -> str:
    """The script in one line, the version it waits for, what it must not overwrite, and the archive."""
    return script_line(_SCRIPT) + "\n".join((version, " ".join(fixed), archive))


def _delivered_secrets(spec: ServiceSpec, place: Place) -> pulumi.Output[dict[str, str]]:
    """Text of each secret file that goes to the node's disk, by its name, as a secret."""
    here = () if spec.rendered else spec.secrets
    texts = {file.name: place.secrets.text(file.parts) for file in here}
    together: pulumi.Output[dict[str, str]] = (
        pulumi.Output.all(**texts) if texts else pulumi.Output.from_input({})
    )
    return pulumi.Output.secret(together)


def deliver_files(
    spec: ServiceSpec, place: Place, parent: pulumi.Resource, after: Sequence[pulumi.Resource] = ()
) -> command.remote.Command | None:
    """Put the service's files on its node; None for a service without any.

    Where the node's agent renders secrets for the service, it waits until they are there in their present
    version: so a container is replaced only once its successor will find them, and a reload reads them.

    Any changed input runs `update`, which is the same script: it brings the folder to what standard input
    says, whatever is there. `triggers` must not be used: they replace the command, and the old one's `delete`
    would run after the new one's `create` (pulumi-command issue 189).
    """
    if spec.configuration is None and not spec.secrets:
        return None
    config = spec.configuration.files if spec.configuration else ()
    fixed = [file.name for file in spec.secrets if file.fixed]
    version = place.secrets.version(spec) if spec.rendered else pulumi.Output.from_input("")
    content = pulumi.Output.all(_delivered_secrets(spec, place), version).apply(
        lambda both: standard_input(pack(config, both[0], spec.image.user), version=both[1], fixed=fixed)
    )
    deliver = as_root(place.node, ["sh", "-c", RUN, "deliver", *_arguments(spec)])
    return command.remote.Command(
        f"{spec.full_name}-files",
        connection=ssh_connection(place.node),
        create=deliver,
        update=deliver,
        delete=as_root(place.node, ["rm", "-rf", "--", host_folder(spec.name)]),
        stdin=content,
        logging=command.remote.Logging.NONE,
        add_previous_output_in_env=False,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
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
        service_name(spec.node, AGENT),
        f"{agent_folder(spec.name)}/{VERSION_FILE}",
        signal,
        *check,
    ]


def as_root(node: NodeSettings, words: Sequence[str]) -> str:
    """The command as root: owners can be set and `/opt` written by nobody else."""
    prefix = [] if node.ssh.user == "root" else ["sudo", "-n"]
    return shlex.join([*prefix, *words])
