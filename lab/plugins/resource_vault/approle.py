"""Roles of an AppRole login, and their secret_ids. For the lab only."""

from __future__ import annotations

from collections.abc import Mapping

from lab.plugins.kit.call import Call, PluginError, Props
from lab.plugins.kit.table import Created
from lab.plugins.resource_vault.server import Server

_NUMBERS = {
    "secretIdNumUses": "secret_id_num_uses",
    "secretIdTtl": "secret_id_ttl",
    "tokenMaxTtl": "token_max_ttl",
    "tokenTtl": "token_ttl",
}
"""Times in seconds; 0 means no limit."""

_LISTS = {
    "secretIdBoundCidrs": "secret_id_bound_cidrs",
    "tokenBoundCidrs": "token_bound_cidrs",
    "tokenPolicies": "token_policies",
}


class Roles:
    """Roles."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, call: Call) -> Created:
        """Write the role, then its role_id, or learn the one that the server made up."""
        return Created(_role(call.inputs), self.update(call))

    def update(self, call: Call) -> Mapping[str, object]:
        """Write everything, so that what the program no longer names goes back to the server's default."""
        path, inputs = _role(call.inputs), call.inputs
        body: dict[str, object] = {
            **{theirs: inputs.number(ours) for ours, theirs in _NUMBERS.items()},
            **{theirs: inputs.texts(ours) for ours, theirs in _LISTS.items()},
            "bind_secret_id": inputs.flag("bindSecretId", default=True),
        }
        self._server.write(call, path, body)
        wanted = inputs.text("roleId")
        if wanted is not None and wanted != call.state.text("roleId"):
            self._server.write(call, f"{path}/role-id", {"role_id": wanted})
        return self._role_id(call, path)

    def delete(self, call: Call) -> None:
        """Delete the role; its secret_ids go with it."""
        self._server.delete(call, call.id)

    def read(self, call: Call) -> Mapping[str, object] | None:
        """Read the role and its role_id."""
        found = self._server.read(call, call.id)
        return found and {
            **{ours: found.number(theirs) for ours, theirs in _NUMBERS.items()},
            **{ours: found.texts(theirs) for ours, theirs in _LISTS.items()},
            "bindSecretId": found.flag("bind_secret_id", default=True),
            **self._role_id(call, call.id),
        }

    def _role_id(self, call: Call, path: str) -> dict[str, object]:
        found = self._server.read(call, f"{path}/role-id") or Props()
        return {"roleId": found.text("role_id")}


class SecretIds:
    """Secret_ids, chosen by the program or by the server; only the accessor is ever read back."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, call: Call) -> Created:
        """Register."""
        role, chosen = _role(call.inputs), call.inputs.text("secretId")
        kind, body = ("custom-secret-id", {"secret_id": chosen}) if chosen else ("secret-id", {})
        made = self._server.write(call, f"{role}/{kind}", dict(body))
        accessor = made.text("secret_id_accessor")
        backend, name = call.inputs.text("backend"), call.inputs.text("roleName")
        outputs = {"accessor": accessor, "secretId": made.text("secret_id")}
        return Created(f"backend={backend}::role={name}::accessor={accessor}", outputs)

    def delete(self, call: Call) -> None:
        """Destroy; one that expired or went with its role is no error."""
        self._ask(call, "destroy")

    def read(self, call: Call) -> Mapping[str, object] | None:
        """Look up the accessor."""
        found = self._ask(call, "lookup")
        return found and {"accessor": found.text("secret_id_accessor")}

    def _ask(self, call: Call, action: str) -> Props | None:
        accessor = call.state.text("accessor")
        if accessor is None:
            raise PluginError(f"{call.id}: its state must hold the accessor, got none")
        path = f"{_role(call.inputs)}/secret-id-accessor/{action}"
        return self._server.lookup(call, path, {"secret_id_accessor": accessor})


def _role(inputs: Props) -> str:
    return f"auth/{inputs.text('backend')}/role/{inputs.text('roleName')}"
