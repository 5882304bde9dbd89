"""Run commands on the machine that runs the engine. For the lab only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

from lab.plugins.kit.call import Call, PluginError
from lab.plugins.kit.table import Created
from lab.plugins.resource_command.streams import (
    Streams,
    command_for_update,
    environment,
    new_id,
    previous_outputs,
)

SHELL = ["/bin/sh", "-c"]


def create(call: Call) -> Created:
    """Run `create`, if there is one."""
    return Created(new_id(call.name), _run(call, call.inputs.text("create")))


def update(call: Call) -> dict[str, object]:
    """Run `update` or else `create`."""
    return _run(call, command_for_update(call.inputs))


def delete(call: Call) -> None:
    """Run `delete`, if there is one."""
    _run(call, call.inputs.text("delete"))


def _run(call: Call, command: str | None) -> dict[str, object]:
    if command is None:
        return {} if call.state else {"stdout": "", "stderr": ""}
    streams = Streams(call)
    with _started(call, command) as process, call.stop.closing(lambda: _kill_group(process)):
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("all three streams are pipes")
        stdin = process.stdin

        def feed(text: bytes) -> None:
            with stdin:
                stdin.write(text)

        streams.pump(process.stdout, process.stderr, feed, call.inputs.text("stdin"))
        status = process.wait()
    if call.stop.reason or status != 0:
        how = f"exit status {status}" if status > 0 else f"signal: {signal.Signals(-status).name}"
        raise streams.failure(how, command)
    return streams.outputs()


def _started(call: Call, command: str) -> subprocess.Popen[bytes]:
    interpreter = call.inputs.texts("interpreter") or SHELL
    try:
        return subprocess.Popen(
            [*interpreter, command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=call.inputs.text("dir"),
            env={**os.environ, **environment(call.inputs), **previous_outputs(call)},
            start_new_session=True,  # a group of its own, so that an early end also ends its children
        )
    except OSError as error:
        raise PluginError(f"{interpreter[0]}: must be possible to start, got {error}") from error


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
