"""Policies. For the lab only."""

from __future__ import annotations

from collections.abc import Mapping

from lab.plugins.kit.call import Call
from lab.plugins.kit.table import Created
from lab.plugins.resource_vault.server import Server


class Policies:
    """ACL policies; creating one overwrites what is there, as upstream does."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, call: Call) -> Created:
        """Write."""
        self.update(call)
        return Created(str(call.inputs.text("name")), {})

    def update(self, call: Call) -> Mapping[str, object]:
        """Write."""
        self._server.write(call, _path(call.inputs.text("name")), {"policy": call.inputs.text("policy")})
        return {}

    def delete(self, call: Call) -> None:
        """Delete."""
        self._server.delete(call, _path(call.id))

    def read(self, call: Call) -> Mapping[str, object] | None:
        """Read the text."""
        found = self._server.read(call, _path(call.id))
        return found and {"name": call.id, "policy": found.text("policy")}


def _path(name: str | None) -> str:
    return f"sys/policies/acl/{name}"
