"""Workspaces, projects and environments."""

from __future__ import annotations

import copy

from lab.fakes.railway.behaviour import FanOut
from lab.fakes.railway.errors import RefusedError, not_authorized
from lab.fakes.railway.services import Services
from lab.fakes.railway.store import Node
from lab.fakes.railway.views import Views, connection
from lab.fakes.railway.world import Caller, Resolver, World

REGIONS = {
    "us-west2": ("California", "US"),
    "us-east4-eqdc4a": ("Virginia", "US"),
    "europe-west4-drams3a": ("Amsterdam", "NL"),
    "asia-southeast1-eqsg3a": ("Singapore", "SG"),
}

_GRACE_SECONDS = 48 * 3600.0


class Projects:
    """Fields of the root that are about projects and their environments."""

    def __init__(self, world: World, services: Services, names: dict[str, str]) -> None:
        self._world, self._store, self._views = world, world.store, Views(world)
        self._services, self._workspaces = services, names
        self._store.actions["delete_project"] = self._delete

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {
            "apiToken": self._token,
            "projectToken": self._project_token,
            "me": _person,
            "workspace": self._workspace,
            "projects": self._list,
            "project": self._read,
            "environment": self._environment,
            "regions": _regions,
            "projectCreate": self._create,
            "projectUpdate": self._update,
            "projectDelete": self._delete_now,
            "projectScheduleDelete": self._delete_later,
            "environmentCreate": self._create_environment,
            "environmentRename": self._rename_environment,
            "environmentDelete": self._delete_environment,
        }

    def _token(self, caller: Caller, _: Node) -> Node:
        if caller.project_id:
            raise not_authorized()
        return {
            "workspaces": [{"id": id_, "name": self._workspaces[id_]} for id_ in sorted(caller.workspaces)]
        }

    def _project_token(self, caller: Caller, _: Node) -> Node:
        if not caller.project_id:
            raise not_authorized()
        ids = {"projectId": caller.project_id, "environmentId": caller.environment_id}
        return {"id": caller.token_id, "name": "token", **ids}

    def _workspace(self, caller: Caller, args: Node) -> Node:
        """The plan; what it allows is left untold, because nobody has written down in which form it comes."""
        id_ = args["workspaceId"]
        if id_ not in caller.workspaces:
            raise not_authorized()
        return {"id": id_, "plan": "PRO", "subscriptionPlanLimit": None}

    def _list(self, caller: Caller, args: Node) -> object:
        page = dict(args)
        asked, deleted = page.pop("workspaceId", None), page.pop("includeDeleted", False)
        wanted = caller.workspaces if asked is None else {asked}
        if caller.project_id or not wanted <= caller.workspaces:
            raise not_authorized()
        there = self._store.objects["project"].values() if deleted else self._store.seen("project")
        found = [node for node in there if node["workspaceId"] in wanted and not node["hidden"]]
        return connection(found, self._views.project)(None, **page)

    def _read(self, caller: Caller, args: Node) -> Node:
        return self._views.project(self._world.thing(caller, "project", args["id"]))

    def _create(self, caller: Caller, args: Node) -> Node:
        given = args["input"]
        workspace = given.get("workspaceId") or next(iter(sorted(caller.workspaces)), "")
        if caller.project_id or workspace not in caller.workspaces:
            raise not_authorized()
        behaviour, name = self._world.behaviour, given.get("name") or f"project-{self._store.new_id()[:8]}"
        self._world.take_quota(
            "project",
            limit=behaviour.projects_per_window,
            seconds=behaviour.create_window_seconds,
            message="Whoa there pal! Wait a moment before you create another project",
        )
        self._world.claim_name("project", name, workspaceId=workspace)
        node = self._store.add(
            "project",
            hidden_seconds=behaviour.listed_seconds,
            name=name,
            workspaceId=workspace,
            description=given.get("description"),
            isPublic=bool(given.get("isPublic")),
            prDeploys=bool(given.get("prDeploys")),
        )
        first = self._add_environment(node["id"], given.get("defaultEnvironmentName") or "production", {})
        first["hidden"] = False
        node["baseEnvironmentId"] = first["id"]
        return self._views.project(node)

    def _update(self, caller: Caller, args: Node) -> Node:
        node, given = self._world.present(caller, "project", args["id"]), args["input"]
        if given.get("name") not in {None, node["name"]}:
            self._world.claim_name("project", given["name"], workspaceId=node["workspaceId"])
        node |= {key: value for key, value in given.items() if value is not None or key == "description"}
        return self._views.project(node)

    def _delete_now(self, caller: Caller, args: Node) -> bool:
        self._delete(self._world.present(caller, "project", args["id"])["id"])
        return True

    def _delete_later(self, caller: Caller, args: Node) -> bool:
        self._world.present(caller, "project", args["id"])
        self._store.later(_GRACE_SECONDS, "delete_project", id=args["id"])
        return True

    def _delete(self, id: str) -> None:  # noqa: A002 - the field's name
        self._world.delete_all(projectId=id)
        self._store.delete(self._store.objects["project"][id], self._world.behaviour.gone_seconds)

    def _environment(self, caller: Caller, args: Node) -> Node:
        node = self._world.thing(caller, "environment", args["id"])
        if args.get("projectId") not in {None, node["projectId"]}:
            raise not_authorized()
        return self._views.environment(node)

    def _create_environment(self, caller: Caller, args: Node) -> Node:
        given = args["input"]
        project = self._world.present(caller, "project", given["projectId"])
        if caller.project_id:
            raise not_authorized()
        behaviour = self._world.behaviour
        self._world.take_quota(
            "environment",
            limit=behaviour.environments_per_window,
            seconds=behaviour.create_window_seconds,
            message="You are creating environments too quickly",
        )
        self._world.claim_name("environment", given["name"], projectId=project["id"])
        node = self._add_environment(project["id"], given["name"], given)
        if given.get("sourceEnvironmentId"):
            self._copy(self._world.environment(caller, given["sourceEnvironmentId"], project["id"]), node)
        if behaviour.instances is FanOut.ALL:
            for service in self._store.alive("service", projectId=project["id"]):
                self._services.make_instance_later(node["id"], service["id"])
        return self._views.environment(node)

    def _add_environment(self, project_id: str, name: str, given: Node) -> Node:
        return self._store.add(
            "environment",
            hidden_seconds=self._world.behaviour.listed_seconds,
            projectId=project_id,
            name=name,
            isEphemeral=bool(given.get("ephemeral")),
            staged=[],
            variables={},
        )

    def _copy(self, source: Node, target: Node) -> None:
        """Variables and settings; sealed variables stay behind."""
        target["variables"] = _readable(source)
        for each in self._store.alive("instance", environmentId=source["id"]):
            made = self._services.make_instance(target["id"], each["serviceId"])
            kept = {"id", "createdAt", "environmentId", "hidden"}
            made |= copy.deepcopy({key: value for key, value in each.items() if key not in kept})
            made["variables"] = _readable(each)

    def _rename_environment(self, caller: Caller, args: Node) -> Node:
        node, given = self._world.environment(caller, args["id"]), args["input"]
        self._world.claim_name("environment", given["name"], projectId=node["projectId"])
        node["name"] = given["name"]
        return self._views.environment(node)

    def _delete_environment(self, caller: Caller, args: Node) -> bool:
        node = self._world.environment(caller, args["id"])
        if len(self._store.alive("environment", projectId=node["projectId"])) == 1:
            raise RefusedError("Invalid: a project must have an environment")
        self._world.delete_all(environmentId=id)
        self._store.delete(node, self._world.behaviour.gone_seconds)
        return True


def _readable(holder: Node) -> Node:
    return {name: dict(held) for name, held in holder["variables"].items() if not held["isSealed"]}


def _person(caller: Caller, _: Node) -> Node:
    if not caller.person_id:
        raise not_authorized()
    return {"id": caller.person_id}


def _regions(_caller: Caller, _args: Node) -> list[Node]:
    return [
        {"name": name, "location": location, "country": country}
        for name, (location, country) in REGIONS.items()
    ]
