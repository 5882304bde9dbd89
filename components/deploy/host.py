"""What a node has beside containers: folders, files of its system, kernel settings, units."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pulumi_command as command

from components.config.settings import NodeSettings
from components.deploy.files import RUN, as_root, script_line
from components.deploy.providers import ssh_connection
from components.model.host import HostSpec
from components.model.naming import HOST_ROOT

_SCRIPT = Path(__file__).with_name("prepare_host.sh")


class HostPreparation(pulumi.ComponentResource):
    """A node's machine, made ready for its services; removed, it is as it was before."""

    prepared: pulumi.Resource
    """What everything on the node that needs the preparation comes after."""

    def __init__(
        self, spec: HostSpec, machine: NodeSettings, stack: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aiswarm:index:HostPreparation", f"{spec.node}-host", {}, opts)
        mark = owner_mark(stack)
        put, remove = (
            as_root(machine, ["sh", "-c", RUN, "prepare-host", action, HOST_ROOT, stack, mark])
            for action in ("put", "remove")
        )
        self.prepared = command.remote.Command(
            f"{spec.node}-host-prepared",
            connection=ssh_connection(machine),
            create=put,
            update=put,
            delete=remove,
            stdin=standard_input(spec, mark),
            # It tells what was changed, and what could not be. Nothing of it is secret.
            logging=command.remote.Logging.STDOUT_AND_STDERR,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.register_outputs({"paths": list(spec.paths)})


def owner_mark(stack: str) -> str:
    """Line by which a file on a machine is known as this stack's; without it, nobody touches the file."""
    return f"# Put here by the stack {stack} of aiswarm, which overwrites what is changed here."


def standard_input(spec: HostSpec, mark: str) -> str:
    """The script in one line, and a line for each thing."""
    return script_line(_SCRIPT) + "".join(f"{line}\n" for line in _lines(spec, mark))


def _lines(spec: HostSpec, mark: str) -> Iterator[str]:
    for folder in spec.folders:
        yield f"folder {folder.path} {folder.mode}"
    for file in spec.files:
        content = base64.b64encode(file.marked(mark).encode()).decode()
        yield f"file {file.path} {file.needs_unit or '-'} {content}"
    for setting in spec.kernel:
        yield f"kernel {setting.name} {setting.value}"
    for unit in spec.units:
        yield f"unit {unit.name} {unit.shows}"
