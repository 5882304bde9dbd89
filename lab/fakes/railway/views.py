"""Things as the API shows them: what belongs to them is looked up only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from lab.fakes.railway.store import Node
from lab.fakes.railway.texts import references
from lab.fakes.railway.world import World

MASKED = "*****"
"""What the API shows of a registry's credentials."""

_PAGE = 1000


def connection(nodes: Iterable[Node], view: Callable[[Node], Node] = dict) -> Callable[..., Node]:
    """A field that gives things page by page. A cursor is an id."""

    def page(
        _info: object, first: int | None = None, after: str | None = None, **backwards: object
    ) -> dict[str, Any]:
        del backwards
        found = list(nodes)
        ids = [node["id"] for node in found]
        start = ids.index(after) + 1 if after in ids else 0
        end = start + (_PAGE if first is None else first)
        shown = found[start:end]
        return {
            "edges": [{"cursor": node["id"], "node": view(node)} for node in shown],
            "pageInfo": {
                "hasNextPage": end < len(found),
                "hasPreviousPage": start > 0,
                "startCursor": shown[0]["id"] if shown else None,
                "endCursor": shown[-1]["id"] if shown else None,
            },
        }

    return page


class Views:
    """How each kind is shown."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def project(self, node: Node) -> Node:
        """A project with what is in it."""
        mine = {"projectId": node["id"]}
        return {
            **node,
            "environments": connection(self._store.seen("environment", **mine), self.environment),
            "services": connection(self._store.seen("service", **mine)),
        }

    def environment(self, node: Node) -> Node:
        """An environment with what is in it."""
        mine = {"environmentId": node["id"]}
        instances = self._store.seen("instance", **mine)
        return {
            **node,
            "unmergedChangesCount": len(node["staged"]),
            "config": lambda _info, **_: self._config(instances, node),
            "serviceInstances": connection(instances, self.instance),
            "volumeInstances": connection(self._store.seen("volumeInstance", **mine)),
            "variables": connection(
                [*_rows(node, None), *(row for each in instances for row in _rows(each, each["serviceId"]))]
            ),
        }

    def instance(self, node: Node) -> Node:
        """An instance with its service's name and its newest deployment."""
        mine = {"environmentId": node["environmentId"], "serviceId": node["serviceId"]}
        deployments = self._store.seen("deployment", **mine)
        return {
            **node,
            "serviceName": self._store.objects["service"][node["serviceId"]]["name"],
            "region": node["region"] if self._world.behaviour.shows_region else None,
            "latestDeployment": deployments[-1] if deployments else None,
        }

    def _config(self, instances: list[Node], environment: Node) -> Node:
        """The whole configuration, without anything that nobody may read."""
        return {
            "services": {each["serviceId"]: _service_config(each) for each in instances},
            "sharedVariables": _shown(environment),
        }


def _service_config(instance: Node) -> Node:
    credentials = instance["registryCredentials"]
    return {
        "source": instance["source"],
        "variables": _shown(instance),
        "deploy": {
            **{name: instance[name] for name in ("startCommand", "healthcheckPath", "numReplicas")},
            "registryCredentials": credentials and dict.fromkeys(("username", "password"), MASKED),
            "limitOverride": instance["limits"],
        },
    }


def _shown(holder: Node) -> Node:
    return {
        name: {"isSealed": True} if held["isSealed"] else {"value": held["value"]}
        for name, held in holder["variables"].items()
    }


def _rows(holder: Node, service_id: str | None) -> list[Node]:
    """A holder's variables as things of their own."""
    return [
        {
            "id": f"{holder['id']}/{name}",
            "name": name,
            "serviceId": service_id,
            "environmentId": holder["id"] if service_id is None else holder["environmentId"],
            "isSealed": held["isSealed"],
            "references": [] if held["isSealed"] else references(held["value"]),
        }
        for name, held in holder["variables"].items()
    ]
