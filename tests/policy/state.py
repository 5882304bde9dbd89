"""A recorded stack as the file that `pulumi stack export` writes, for `pulumi policy analyze --file`."""

from __future__ import annotations

import base64
import copy
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.output import Unknown

from components.deploy.files import standard_input
from policy.rules.support.resources import COMMAND
from tests.components.recording import Registration, is_secret
from tests.policy.recorded import recording

_SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  how the protocol marks a secret value
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How a state file says that a text is not known."""

HOST_KEY = f"ssh-ed25519 {base64.b64encode(secrets.token_bytes(51)).decode()}"

Edit = Callable[[dict[str, Any]], None]
ROOT = "urn:pulumi:prod::aiswarm::pulumi:pulumi:Stack::aiswarm-prod"


def state(edits: Mapping[tuple[str, str], Edit] | None = None) -> dict[str, Any]:
    """The stack prod as it is once deployed, with other inputs of resources by type and name."""
    made = [_resource(found) for found in recording("prod").registrations]
    for resource in made:
        edit = (edits or {}).get((resource["type"], resource["urn"].rpartition("::")[2]))
        if edit:
            edit(resource["inputs"])
        resource["outputs"] = copy.deepcopy(resource["inputs"])
    root = {"urn": ROOT, "custom": False, "type": "pulumi:pulumi:Stack"}
    manifest = {"time": "2026-11-23T00:00:00Z", "magic": "", "version": ""}
    return {"version": 3, "deployment": {"manifest": manifest, "resources": [root, *made]}}


def _resource(found: Registration) -> dict[str, Any]:
    request = found.request
    resource: dict[str, Any] = {
        "urn": found.urn,
        "custom": request.custom,
        "type": found.type,
        "inputs": {key: _value(value) for key, value in {**found.wire, **_later(found)}.items()},
        "parent": request.parent if "::" in request.parent else ROOT,
        "dependencies": list(request.dependencies),
        "protect": request.protect,
    }
    if request.custom:
        resource["id"] = f"{found.name}-id"
        resource["provider"] = request.provider
    return resource


def _later(found: Registration) -> Mapping[str, object]:
    """What the committed stack file leaves to the operator, and what is known only once it is deployed."""
    if found.type != COMMAND:
        return {}
    connection = {**found.inputs["connection"], "hostKey": HOST_KEY}
    later: dict[str, object] = {"connection": _secret(connection)}
    if isinstance(found.inputs["stdin"], Unknown):
        later["stdin"] = _secret(standard_input("an archive"))
    return later


def _secret(value: object) -> Mapping[str, object]:
    return {_SIGNATURE: SECRET, "value": value}


def _value(wire: object) -> object:
    """A value of the protocol as state files have it, where a secret's text stands under `plaintext`."""
    if is_secret(wire):
        assert isinstance(wire, dict)
        return {_SIGNATURE: wire[_SIGNATURE], "plaintext": json.dumps(_value(wire["value"]))}
    if isinstance(wire, Unknown):
        return UNKNOWN
    if isinstance(wire, dict):
        return {key: _value(value) for key, value in wire.items()}
    return [_value(item) for item in wire] if isinstance(wire, list) else wire
