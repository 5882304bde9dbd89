"""Mounts of secrets and of login methods: handled alike, at different paths. For the lab only."""

from __future__ import annotations

from collections.abc import Mapping

from lab.plugins.kit.call import Call, Props
from lab.plugins.kit.table import Created
from lab.plugins.resource_vault.server import Server


class Mounts:
    """Secrets engines. A changed path makes a new one, where upstream would move it."""

    root = "sys/mounts"
    tuned = "sys/mounts"

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, call: Call) -> Created:
        """Mount."""
        kind = call.inputs.text("type")
        path = call.inputs.text("path") or str(kind)
        self._server.write(call, f"{self.root}/{path}", {"type": kind, **_tunable(call.inputs)})
        found = self._server.read(call, f"{self.root}/{path}") or Props()
        return Created(path, {"path": path, "accessor": found.text("accessor")})

    def update(self, call: Call) -> Mapping[str, object]:
        """Change the description and the options."""
        self._server.write(call, f"{self.tuned}/{call.id}/tune", _tunable(call.inputs))
        return {}

    def delete(self, call: Call) -> None:
        """Unmount, with everything in it."""
        self._server.delete(call, f"{self.root}/{call.id}")

    def read(self, call: Call) -> Mapping[str, object] | None:
        """Look it up."""
        found = self._server.read(call, f"{self.root}/{call.id}")
        return found and {
            "path": call.id,
            "type": found.text("type"),
            "description": found.text("description"),
            "options": found.object("options"),
            "accessor": found.text("accessor"),
        }


class LoginMethods(Mounts):
    """Login methods."""

    root = "sys/auth"
    tuned = "sys/mounts/auth"


def _tunable(inputs: Props) -> dict[str, object]:
    return {"description": inputs.text("description") or "", "options": dict(inputs.object("options") or {})}
