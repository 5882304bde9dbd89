"""The database that is not ours, as the guard meets it: a node that lists, a stand-in that counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from components.config.settings import NodeSettings
from components.model.endpoints import ExternalEndpoint
from ops.guard import look
from ops.hosts import CommandError, UnreachableError
from tests.unit.lab.stand_ins import started

STARTED = "2026-11-01T08:00:00.123456789Z"


def container(name: str = "qdrant", **changes: object) -> dict[str, Any]:
    """One line of the node's answer."""
    return {
        "id": f"{name}-0123456789abcdef",
        "name": f"/{name}",
        "image": "qdrant/qdrant:v1.15.5",
        "running": True,
        "started_at": STARTED,
        "ports": {"6333/tcp": [{"HostIp": "100.72.73.3", "HostPort": "6333"}]},
        "mounts": [
            {
                "Type": "volume",
                "Name": "qdrant",
                "Source": "/x",
                "RW": True,
                "Destination": "/qdrant/storage",
            },
            {"Type": "bind", "Source": "/etc/q.yaml", "RW": False, "Destination": "/qdrant/config.yaml"},
        ],
        **changes,
    }


OTHER = container("starlord-vllm-primary", image="vllm/vllm-openai:v1", ports=None, mounts=None)


@dataclass
class Existing:
    """What there is, and what was asked."""

    url: str = ""
    containers: list[dict[str, Any]] = field(default_factory=lambda: [OTHER, container()])
    is_away: bool = False
    key: str = ""
    """What the services have in their files; empty where they do not run."""

    asked: list[str] = field(default_factory=list)

    def on_node(self, node: NodeSettings, command: str) -> str:
        """Answer as starlord's shell would."""
        self.asked.append(f"{node.address} {command}")
        if self.is_away:
            raise UnreachableError(f"{node.address}: no route to host")
        if command.startswith("docker exec"):
            if not self.key:
                raise CommandError(f"{node.address}: No such container")
            return f"{self.key}\n"
        return "".join(f"{json.dumps(each)}\n" for each in self.containers)

    def endpoints(self, _: object) -> tuple[ExternalEndpoint, ...]:
        """Where the stand-in listens."""
        where = urlsplit(self.url)
        assert where.hostname
        assert where.port
        return (ExternalEndpoint(name="qdrant", node="starlord", host=where.hostname, port=where.port),)

    def put(self, collection: str, *points: int) -> None:
        """Have points in a collection of somebody's."""
        with self.owner() as owner:
            owner.put(f"/collections/{collection}", json={"vectors": {"size": 1, "distance": "Cosine"}})
            body = {"points": [{"id": point, "vector": [1.0]} for point in points]}
            owner.put(f"/collections/{collection}/points", json=body).raise_for_status()

    def drop(self, collection: str) -> None:
        """Remove a collection."""
        with self.owner() as owner:
            owner.delete(f"/collections/{collection}").raise_for_status()

    def owner(self) -> httpx.Client:
        """Whoever it belongs to."""
        return httpx.Client(base_url=self.url, trust_env=False)


@contextmanager
def existing(folder: Path, monkeypatch: pytest.MonkeyPatch, **env: str) -> Iterator[Existing]:
    """Start it, and have the guard find it."""
    local = {"QDRANT__SERVICE__HOST": "127.0.0.1", "QDRANT__SERVICE__HTTP_PORT": "0"}
    with started("lab.fakes.qdrant", **local, QDRANT__STORAGE__STORAGE_PATH=str(folder), **env) as running:
        found = Existing(running.url)
        monkeypatch.setattr(look, "on_node", found.on_node)
        monkeypatch.setattr(look, "external_endpoints", found.endpoints)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        monkeypatch.delenv(look.VARIABLE, raising=False)
        yield found
