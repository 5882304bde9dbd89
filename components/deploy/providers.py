"""How each node is reached: Docker through `ssh://`, files through the same server and the same host key.

Authentication is the operator's ssh agent (`SSH_AUTH_SOCK`), so no key is in the state.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_command as command
import pulumi_docker as docker

from components.config.settings import NodeSettings, Settings, SshSettings
from components.model.ssh import ssh_options


def docker_providers(settings: Settings) -> Mapping[str, docker.Provider]:
    """One explicit provider per node; the default one would reach for the Docker of the operator's machine.

    `ssh://` is the one transport that a preview does not dial: `tcp://` and `unix://` are pinged while the
    provider is configured (pulumi-docker `provider/image.go`), which would need every node for every preview.
    """
    return {
        name: docker.Provider(
            f"{name}-docker",
            host=f"ssh://{node.ssh.user}@{node.address}{_port_suffix(node.ssh)}",
            ssh_opts=list(ssh_options(str(node.address), node.ssh.host_key, node.ssh.port)),
        )
        for name, node in settings.nodes.by_name().items()
    }


def ssh_connection(node: NodeSettings) -> command.remote.ConnectionArgs:
    """The node for remote commands, with short patience.

    The plugin retries whatever goes wrong while dialling, a wrong host key too, ten times by default. It
    verifies no host key at all unless one is given; `components.deploy.inputs` sees to it that one is.
    """
    return command.remote.ConnectionArgs(
        host=str(node.address),
        port=node.ssh.port,
        user=node.ssh.user,
        host_key=node.ssh.host_key,
        dial_error_limit=3,
        per_dial_timeout=10,
    )


def _port_suffix(ssh: SshSettings) -> str:
    return "" if ssh.port == SshSettings.model_fields["port"].default else f":{ssh.port}"
