"""References in the values of variables: `${{Service.NAME}}`, `${{shared.NAME}}`, `${{NAME}}`."""

from __future__ import annotations

import re

from lab.fakes.railway.store import Node, Store

SHARED = "shared"
_REFERENCE = re.compile(r"\$\{\{\s*(?:(?P<owner>[\w-]+)\.)?(?P<name>\w+)\s*\}\}")
_DEPTH = 5


def references(value: str) -> list[str]:
    """What a value refers to."""
    return [match[0].strip("${} ") for match in _REFERENCE.finditer(value)]


def unresolved(store: Store, holder: Node, value: str) -> list[str]:
    """Names of services in a value that are not there as it is written.

    Such a reference stays empty for good, even if the service comes later (wasp-lang/wasp issue 4291).
    """
    named = {match["owner"] for match in _REFERENCE.finditer(value)} - {None, SHARED}
    there = {node["name"] for node in store.alive("service", projectId=holder["projectId"])}
    return sorted(str(name) for name in named - there)


def held(store: Store, holder: Node, value: str, *, sealed: bool) -> Node:
    """A variable as it is kept."""
    return {"value": value, "isSealed": sealed, "unresolved": unresolved(store, holder, value)}


def rendered(store: Store, holder: Node) -> dict[str, str]:
    """What a service of this instance, or anybody who reads shared variables, gets to see."""
    own = {name: _resolve(store, holder, each, _DEPTH) for name, each in holder["variables"].items()}
    return {**_added(store, holder), **own}


def _added(store: Store, holder: Node) -> dict[str, str]:
    """What Railway adds of its own."""
    if holder["kind"] != "instance":
        return {}
    service = store.objects["service"][holder["serviceId"]]["name"]
    return {
        "RAILWAY_ENVIRONMENT_ID": holder["environmentId"],
        "RAILWAY_PRIVATE_DOMAIN": f"{service}.railway.internal",
        "RAILWAY_PROJECT_ID": holder["projectId"],
        "RAILWAY_SERVICE_ID": holder["serviceId"],
        "RAILWAY_SERVICE_NAME": service,
    }


def _resolve(store: Store, holder: Node, variable: Node, depth: int) -> str:
    def replaced(match: re.Match[str]) -> str:
        source = _source(store, holder, match["owner"])
        if source is None or not depth or match["owner"] in variable["unresolved"]:
            return ""
        found = source["variables"].get(match["name"])
        if found is None:
            return _added(store, source).get(match["name"], "")
        return _resolve(store, source, found, depth - 1)

    return _REFERENCE.sub(replaced, str(variable["value"]))


def _source(store: Store, holder: Node, owner: str | None) -> Node | None:
    """Whose variable it is."""
    if owner is None:
        return holder
    environment_id = holder["id"] if holder["kind"] == "environment" else holder["environmentId"]
    if owner == SHARED:
        return store.objects["environment"][environment_id]
    services = store.alive("service", projectId=holder["projectId"], name=owner)
    ids = {node["id"] for node in services}
    found = [
        each for each in store.alive("instance", environmentId=environment_id) if each["serviceId"] in ids
    ]
    return found[0] if found else None
