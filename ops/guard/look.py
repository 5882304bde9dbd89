"""Look at the existing Qdrant: its container over SSH, its collections over its own interface.

Nothing is ever changed: the node is asked for a list, the database is asked to count.
"""

from __future__ import annotations

import json
import os
import posixpath
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from components.catalogue import rag, vectors
from components.config.settings import NAMESPACE, Settings
from components.model import external_keys
from components.model.endpoints import QDRANT_NODE, QDRANT_PORT, external_endpoints
from ops import stack as engine
from ops.errors import SwarmError
from ops.guard.fingerprint import Container, Fingerprint, Mount
from ops.hosts import NodeError, on_node
from ops.stack import Stack

MARK: Final = "qdrant"
PORTS: Final = frozenset({str(QDRANT_PORT), str(QDRANT_PORT + 1)})
"""HTTP and gRPC."""

VARIABLE: Final = "QDRANT_API_KEY"
"""Of the operator's shell; needed where no service has the key yet."""

TIMEOUT_SECONDS: Final = 60
"""Counting exactly looks at every point."""

_FIELDS: Final = {
    "id": ".Id",
    "name": ".Name",
    "image": ".Config.Image",
    "running": ".State.Running",
    "started_at": ".State.StartedAt",
    "ports": ".HostConfig.PortBindings",
    "mounts": ".Mounts",
}
"""Only these leave the node: the rest may hold its owner's secrets."""

_FORMAT: Final = "{" + ",".join(f'"{name}":{{{{json {field}}}}}' for name, field in _FIELDS.items()) + "}"
# A container that went away in between makes `inspect` fail after it has printed the others.
LIST: Final = (
    "found=$(docker ps --all --quiet --no-trunc) || exit 1; "
    f"[ -z \"$found\" ] || docker inspect --format '{_FORMAT}' $found 2>/dev/null || "
    "docker version >/dev/null"
)


@dataclass
class GuardError(SwarmError):
    """The existing Qdrant could not be looked at."""

    said: str

    def __str__(self) -> str:
        """What did not answer, and what to do."""
        return self.said


def take(stack: Stack) -> Fingerprint:
    """The fingerprint of now; without a container that runs, nobody is asked for collections.

    Raises:
        GuardError: The database does not answer as one, refuses the key, or its key is nowhere to be had.
        NodeError: The node or its Docker does not answer.
        EngineError: The key is in the stack file, which the engine cannot read.
    """
    listed = on_node(stack.nodes[QDRANT_NODE], LIST)
    items = [json.loads(line) for line in listed.splitlines() if line.strip()]
    containers = sorted((_container(item) for item in items if _is_meant(item)), key=lambda each: each.name)
    runs = any(each.running for each in containers)
    return Fingerprint(containers=tuple(containers), collections=_collections(stack) if runs else {})


def is_ours(settings: Settings, collection: str) -> bool:
    """Whether one of our services keeps its own things in it, which come and go as people work."""
    return collection.startswith(vectors.OPEN_WEBUI_PREFIX) or collection in rag.collections(settings)


def _is_meant(item: Mapping[str, Any]) -> bool:
    """Whether it is Qdrant by name, image or a port of the host: its owner may have called it anything."""
    repository = str(item["image"]).partition("@")[0]
    bound = {each["HostPort"] for ports in (item["ports"] or {}).values() for each in ports or ()}
    names = (str(item["name"]), posixpath.basename(repository))
    return any(MARK in name.lower() for name in names) or not PORTS.isdisjoint(bound)


def _container(item: Mapping[str, Any]) -> Container:
    mounts = (
        Mount(
            source=each.get("Name") or each.get("Source") or each["Type"],
            target=each["Destination"],
            writable=each["RW"],
        )
        for each in item["mounts"] or ()
    )
    return Container(
        id=item["id"],
        name=str(item["name"]).removeprefix("/"),
        image=item["image"],
        running=item["running"],
        started_at=item["started_at"],
        mounts=tuple(sorted(mounts, key=str)),
    )


def _collections(stack: Stack) -> dict[str, int]:
    (qdrant,) = external_endpoints(stack.settings)
    key = _key(stack)
    with httpx.Client(
        base_url=f"http://{qdrant.address}",
        headers={"api-key": key} if key else {},
        timeout=TIMEOUT_SECONDS,
        trust_env=False,
        transport=httpx.HTTPTransport(retries=2),
    ) as database:
        try:
            return dict(_counts(stack.settings, database))
        except httpx.HTTPError as error:
            raise GuardError(f"{qdrant.address}: {_meaning(error)}") from error
        except (ValueError, KeyError, TypeError) as error:
            said = f"must answer as a Qdrant, got {type(error).__name__}"
            raise GuardError(f"{qdrant.address}: {said}; docker logs on {QDRANT_NODE}") from error


def _counts(settings: Settings, database: httpx.Client) -> Iterator[tuple[str, int]]:
    """Exact numbers: the one in a collection's description is an estimate that moves by itself."""
    for each in _result(database.get("/collections"))["collections"]:
        name = str(each["name"])
        if not is_ours(settings, name):
            path = f"/collections/{quote(name, safe='')}/points/count"
            yield name, int(_result(database.post(path, json={"exact": True}))["count"])


def _result(answer: httpx.Response) -> Any:  # noqa: ANN401 - JSON of another program
    return answer.raise_for_status().json()["result"]


def _meaning(error: httpx.HTTPError) -> str:
    if not isinstance(error, httpx.HTTPStatusError):
        return (
            f"must answer, got {type(error).__name__}; does this machine reach {QDRANT_NODE} in the tailnet?"
        )
    status = error.response.status_code
    fix = "./swarm keys set qdrant_api_key" if status in {401, 403} else f"docker logs on {QDRANT_NODE}"
    return f"must list and count its collections, got status {status}; {fix}"


def _key(stack: Stack) -> str:
    """The key where one is set, from wherever it is kept; it goes into a header and nowhere else."""
    name = external_keys.QDRANT
    if given := os.environ.get(VARIABLE):
        return given
    if name in stack.settings.keys_in_stack:
        return engine.pulumi("config", "get", f"{NAMESPACE}:{name}", "--stack", stack.name).strip()
    return _from_service(stack) if name in stack.settings.keys_in_vault else ""


def _from_service(stack: Stack) -> str:
    """A key that is in Vault alone may be read by its services only, so one of them is asked for its file."""
    (file,) = vectors.key(stack.settings).values()
    for spec in stack.services:
        if file in spec.secrets:
            with suppress(NodeError):
                read = shlex.join(("docker", "exec", spec.full_name, "cat", file.path))
                return on_node(stack.nodes[spec.node], read).strip()
    said = "must be in a service that runs, because it is in Vault alone"
    fix = f"export {VARIABLE} for the one update that hands it out"
    raise GuardError(f"{external_keys.QDRANT}: {said}, got none; {fix}")
