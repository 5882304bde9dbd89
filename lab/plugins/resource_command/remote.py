"""Run commands on, and copy files to, another host over SSH. For the lab only."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.plugins.kit.call import Call, PluginError, Props, Severity
from lab.plugins.kit.table import Created
from lab.plugins.kit.values import ARCHIVE, SIGNATURE
from lab.plugins.resource_command.streams import (
    Streams,
    command_for_update,
    environment,
    new_id,
    previous_outputs,
)

if TYPE_CHECKING:
    from paramiko import Channel, Transport

REFUSED = (
    "the SSH server must accept the environment variable (AcceptEnv), got a refusal; "
    "prefix the command with VAR=value instead"
)


def create(call: Call) -> Created:
    """Run `create`, if there is one."""
    return Created(new_id(call.name), _run(call, call.inputs.text("create")))


def update(call: Call) -> dict[str, object]:
    """Run `update` or else `create`, even if only the connection changed: commands must bear repetition."""
    return _run(call, command_for_update(call.inputs))


def delete(call: Call) -> None:
    """Run `delete`, if there is one."""
    _run(call, call.inputs.text("delete"))


def create_copy(call: Call) -> Created:
    """Copy the source."""
    _copy(call)
    return Created(new_id(""), {})


def update_copy(call: Call) -> dict[str, object]:
    """Copy again if the contents or the path changed, not for another connection."""
    source, was = call.inputs.object("source"), call.state.object("source")
    same = source is not None and was is not None and source.get("hash") == was.get("hash")
    if not same or call.inputs.text("remotePath") != call.state.text("remotePath"):
        _copy(call)
    return {}


def copy_problems(props: Props) -> Iterator[tuple[str, str]]:
    """What a source must be: a file, a text, or a folder; nothing that would have to be fetched or packed."""
    source = props.object("source") or Props()
    if source.get(SIGNATURE) == ARCHIVE and not source.text("path"):
        yield "source", "must be an archive given by a path"
    elif not source.text("path") and source.text("text") is None:
        yield "source", "must be a file or a text"


@contextmanager
def _connected(call: Call) -> Iterator[Transport]:
    # On first use: paramiko takes 0.27 s, and many processes only answer Check and Diff.
    from lab.plugins.resource_command import ssh  # noqa: PLC0415

    with ssh.connected(call, call.inputs.object("connection") or Props()) as transport:
        yield transport


def _run(call: Call, command: str | None) -> dict[str, object]:
    if command is None:
        return {} if call.state else {"stdout": "", "stderr": ""}
    streams = Streams(call)
    with _connected(call) as transport:
        variables = _accepted_variables(call, transport)
        channel = transport.open_session()
        for name, value in variables.items():
            channel.set_environment_variable(name, value)
        channel.exec_command(command)
        stdout, stderr = channel.makefile("rb"), channel.makefile_stderr("rb")
        streams.pump(stdout, stderr, lambda text: _feed(channel, text), call.inputs.text("stdin"))
        status = channel.recv_exit_status()
    if status < 0:
        raise streams.failure("remote command exited without exit status", command)
    if status > 0:
        raise streams.failure(f"Process exited with status {status}", command)
    return streams.outputs()


def _feed(channel: Channel, text: bytes) -> None:
    channel.sendall(text)
    channel.shutdown_write()


def _accepted_variables(call: Call, transport: Transport) -> dict[str, str]:
    """The variables for the command; it is an error if the server refuses one that the program sets.

    Outputs of the run before are only tried: a refusal is a warning.
    """
    wanted = environment(call.inputs)
    for name, value in wanted.items():
        if not _accepts(transport, name, value):
            raise PluginError(f"environment.{name}: {REFUSED}")
    for name, value in previous_outputs(call).items():
        if _accepts(transport, name, value):
            wanted[name] = value
        else:
            call.log(f"{name}: {REFUSED}", Severity.WARNING)
    return wanted


def _accepts(transport: Transport, name: str, value: str) -> bool:
    """Set a variable in a session of its own and look for it: paramiko asks for no answer to the setting."""
    with transport.open_session() as probe:
        probe.set_environment_variable(name, value)
        probe.exec_command(f"printenv {shlex.quote(name)} >/dev/null")
        return probe.recv_exit_status() == 0


def _copy(call: Call) -> None:
    with _connected(call) as transport:
        from lab.plugins.resource_command import copies  # noqa: PLC0415 - needs paramiko, see above

        copies.copy(transport, call.inputs.object("source") or Props(), call.inputs.text("remotePath") or "")
