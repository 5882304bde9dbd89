"""Who may see what: every request goes through here before it touches a thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.fakes.railway.behaviour import Behaviour
from lab.fakes.railway.errors import RefusedError, not_authorized, not_found
from lab.fakes.railway.store import Node, Store

Resolver = Callable[["Caller", Node], object]
"""Answers one field of the root, with the field's arguments by their names."""

_NOUNS = {
    "project": "Project",
    "environment": "Environment",
    "service": "Service",
    "instance": "ServiceInstance",
    "deployment": "Deployment",
    "volume": "Volume",
    "volumeInstance": "VolumeInstance",
    "domain": "ServiceDomain",
    "proxy": "TCPProxy",
    "workflow": "Workflow",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """What a token opens: workspaces, or one project's environment."""

    workspaces: frozenset[str] = frozenset()
    person_id: str = ""
    """Of a person's own token, which opens all workspaces of the person."""

    project_id: str = ""
    environment_id: str = ""
    token_id: str = ""


class World:
    """The store, how it behaves, and its gates."""

    def __init__(self, store: Store, behaviour: Behaviour) -> None:
        self.store, self.behaviour = store, behaviour
        self._made: dict[str, list[float]] = {}

    def thing(self, caller: Caller, kind: str, id_: str) -> Node:
        """A thing that the caller may see.

        Raises:
            RefusedError: "Not Authorized" where there never was one or it is somebody else's; "not found"
                where it is gone.
        """
        node = self.store.objects[kind].get(id_)
        if node is None or not self._opens(caller, node):
            raise not_authorized()
        if node["removed"]:
            raise not_authorized() if self.behaviour.hides_gone else not_found(_NOUNS[kind])
        return node

    def _opens(self, caller: Caller, node: Node) -> bool:
        project_id = str(node["id"] if node["kind"] == "project" else node["projectId"])
        if caller.project_id:
            return caller.project_id == project_id
        return self.store.objects["project"][project_id]["workspaceId"] in caller.workspaces

    def present(self, caller: Caller, kind: str, id_: str) -> Node:
        """The same for what is about to be changed: deleted things cannot be."""
        node = self.thing(caller, kind, id_)
        if node["deletedAt"]:
            raise not_found(_NOUNS[kind])
        return node

    def environment(self, caller: Caller, id_: str, project_id: str | None = None) -> Node:
        """An environment that is there, in that project where one is named."""
        node = self.present(caller, "environment", id_)
        if project_id not in {None, node["projectId"]}:
            raise not_authorized()
        return node

    def instance(self, caller: Caller, environment_id: str, service_id: str) -> Node:
        """A service's instance in an environment.

        Raises:
            RefusedError: Neither is the caller's, or there is none (yet).
        """
        for kind, id_ in (("environment", environment_id), ("service", service_id)):
            node = self.store.objects[kind].get(id_)
            if node is None or not self._opens(caller, node):
                raise not_authorized()
        found = self.find_instance(environment_id, service_id)
        if found is None:
            raise not_found("ServiceInstance")
        return found

    def find_instance(self, environment_id: str, service_id: str) -> Node | None:
        """The same for those who have been let in: None where there is none."""
        found = self.store.seen("instance", environmentId=environment_id, serviceId=service_id)
        return found[0] if found else None

    def take_quota(self, what: str, *, limit: int, seconds: float, message: str) -> None:
        """Count one more of a kind.

        Raises:
            RefusedError: There were as many as there may be within so many seconds.
        """
        now = self.store.clock.now()
        recent = [moment for moment in self._made.get(what, []) if now - moment < seconds]
        if limit and len(recent) >= limit:
            raise RefusedError(message)
        self._made[what] = [*recent, now]

    def claim_name(self, kind: str, name: str, **among: object) -> None:
        """Make sure that a name is free.

        Raises:
            RefusedError: It is taken.
        """
        taken = self.store.alive(kind, name=name, **among)
        if taken and self.behaviour.unique_names:
            where = "workspace" if kind == "project" else "project"
            raise RefusedError(f"A {kind} named {name} already exists in this {where}")

    def delete_all(self, **match: object) -> None:
        """Delete everything that belongs to something."""
        for kind in self.store.objects:
            for node in self.store.all(kind):
                if all(node.get(key) == value for key, value in match.items()):
                    self.store.delete(node, self.behaviour.gone_seconds)
