"""Entries of KV version 2. For the lab only."""

from __future__ import annotations

from collections.abc import Mapping

from lab.plugins.kit.call import Call, Props
from lab.plugins.kit.table import Created
from lab.plugins.resource_vault import writing
from lab.plugins.resource_vault.server import Server


class Secrets:
    """Entries: written, looked for, never read back, so that a value changed by hand stays unseen."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, call: Call) -> Created:
        """Write the first version."""
        self._write(call)
        path = _path(call.inputs, "data")
        return Created(path, {"path": path})

    def update(self, call: Call) -> Mapping[str, object]:
        """Write another version, if the values changed."""
        if writing.json_value(call.inputs.text("dataJson")) != writing.json_value(
            call.state.text("dataJson")
        ):
            self._write(call)
        return {}

    def delete(self, call: Call) -> None:
        """Delete the newest version, as upstream does, or all of them with deleteAllVersions."""
        everything = call.inputs.flag("deleteAllVersions", default=False)
        self._server.delete(call, _path(call.inputs, "metadata" if everything else "data"))

    def read(self, call: Call) -> Mapping[str, object] | None:
        """Look whether the newest version is still there."""
        found = self._server.read(call, _path(call.inputs, "metadata")) or Props()
        newest = (found.object("versions") or Props()).object(str(found.number("current_version")))
        if newest is None or newest.text("deletion_time") or newest.flag("destroyed", default=False):
            return None
        return {"path": call.id}

    def _write(self, call: Call) -> None:
        values = writing.json_object(call.inputs.text("dataJson"))
        self._server.write(call, _path(call.inputs, "data"), {"data": values})


def _path(inputs: Props, part: str) -> str:
    return f"{inputs.text('mount')}/{part}/{inputs.text('name')}"
