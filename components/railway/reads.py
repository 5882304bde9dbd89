"""What several kinds of things have to look up: what is there, without what is being deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from components.railway.client import SETTLE_SECONDS, RailwayClient
from components.railway.errors import NotFoundError, RefusedError, TransientError

Node = dict[str, Any]


def nodes(connection: Node) -> list[Node]:
    """The things of a connection that are not deleted."""
    found = (edge["node"] for edge in connection["edges"])
    return [node for node in found if not node.get("deletedAt")]


def by_id(connection: Node, id_: str) -> Node | None:
    """One of them, or None when it is gone.

    Its parent's list is proof; asked by its id, Railway may say of what is gone that it must not be seen.
    """
    return next((node for node in nodes(connection) if node["id"] == id_), None)


def present(read: Callable[[], Node]) -> Node | None:
    """What `read` returns, or None when it is gone. That it may not be read never means that it is gone."""
    try:
        node = read()
    except NotFoundError:
        return None
    return None if node.get("deletedAt") else node


def only(found: Iterable[Node], noun: str, name: str) -> Node | None:
    """The one that there is; of several it would be a guess which one is ours.

    Raises:
        RefusedError: There are several.
    """
    things = list(found)
    if len(things) > 1:
        ids = ", ".join(str(thing["id"]) for thing in things)
        raise RefusedError(noun, f"{name} must be there once, got {ids}; delete all but one")
    return things[0] if things else None


def project(api: RailwayClient, project_id: str) -> Node | None:
    """A project with its environments and services."""
    return present(lambda: api.execute("Project", id=project_id))


def instance(api: RailwayClient, environment_id: str, service_id: str) -> Node | None:
    """A service's settings in one environment."""
    return present(lambda: api.execute("ServiceInstance", environmentId=environment_id, serviceId=service_id))


def await_gone(api: RailwayClient, read: Callable[[], object | None], noun: str) -> None:
    """Wait until a deleted thing can no longer be read.

    Raises:
        TransientError: It still can.
    """
    if api.poll(lambda: True if read() is None else None, SETTLE_SECONDS) is None:
        raise TransientError(
            noun, f"must be gone {SETTLE_SECONDS:.0f} s after its deletion, got it still there"
        )


def delete(api: RailwayClient, operation: str, **variables: object) -> None:
    """Delete something that may be gone already."""
    try:
        api.execute(operation, **variables)
    except NotFoundError:
        return
