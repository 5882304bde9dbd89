"""A project. It is ours only if its description says so, and goes with the last environment of ours."""

from __future__ import annotations

from typing import Any

from components.railway import reads
from components.railway.client import RailwayClient
from components.railway.errors import RefusedError
from components.railway.owners import MARK, described, owners
from components.railway.values import Failure, Made, Props, required

INPUTS = ("name", "workspace_id", "environment", "stack")
REPLACES: tuple[str, ...] = ()

_SWITCHES = {"isPublic": False, "prDeploys": False}
"""Nobody reads it without a login; environments of pull requests make creates of services fail halfway."""


def check(news: Props) -> list[Failure]:
    """See `Handler`. A preview knows no workspace, so an `up` has to be refused without one elsewhere."""
    strange = [key for key in ("environment", "stack") if set(str(news.get(key, ""))) & set(",()\n")]
    return [
        *required(news, ("name", "environment", "stack")),
        *(Failure(key, "must have no comma, bracket or line break") for key in strange),
    ]


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`. A new project begins with our environment in place of Railway's default one."""
    name, stack = str(news["name"]), str(news["stack"])

    def find() -> str | None:
        found = reads.only(_named(api, news), "project", name)
        return str(found["id"]) if found else None

    def make() -> str:
        answer = api.execute_once(
            "CreateProject",
            input={
                "name": name,
                "workspaceId": news["workspace_id"],
                "description": described("", {news["environment"]: stack}),
                "defaultEnvironmentName": news["environment"],
                **_SWITCHES,
            },
        )
        return str(answer["id"])

    project_id = api.adopt_or_create(find, make)
    found = api.poll(lambda: reads.project(api, project_id), 30)
    if found is None:
        raise RefusedError("project", f"{name} must be readable once it was made, got nothing")
    _claim(api, found, news, released=None)
    return Made(project_id, {**news, "project_id": project_id})


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`."""
    found = reads.project(api, id_)
    if found is None:
        return None
    claimed = (owners(found["description"]) or {}).get(str(outs["environment"]), "")
    return {**outs, "name": found["name"], "workspace_id": found["workspaceId"], "stack": claimed}


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`. It is not moved to another workspace: that would be another one, and empty.

    Raises:
        RefusedError: It is in another workspace.
    """
    found = api.execute("Project", id=id_)
    if found["workspaceId"] != news["workspace_id"]:
        raise RefusedError(
            "project",
            f"workspace_id must be {found['workspaceId']}, where {found['name']} is, got "
            f"{news['workspace_id']}; transfer it in Railway's dashboard, or `destroy` first",
        )
    _claim(api, found, news, released=str(olds["environment"]))
    return {**news, "project_id": id_}


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """Delete it unless another stack has an environment in it; then only our name goes out of it.

    Raises:
        RefusedError: It holds services that are not ours.
    """
    found = reads.project(api, id_)
    if found is None:
        return
    left = dict(owners(found["description"]) or {})
    left.pop(str(outs["environment"]), None)
    if left:
        api.execute("UpdateProject", id=id_, input={"description": described(found["description"], left)})
        return
    if services := _left_over(api, id_):
        raise RefusedError(
            "DeleteProject",
            f"project {found['name']} must be without services, got {', '.join(services)}; delete them in "
            f"Railway's dashboard if nobody needs them",
        )
    reads.delete(api, "DeleteProject", id=id_)
    reads.await_gone(api, lambda: reads.project(api, id_), "project")


def _named(api: RailwayClient, news: Props) -> list[reads.Node]:
    """Projects of that name in the workspace; the list comes in pages."""
    found: list[reads.Node] = []
    after: str | None = None
    while True:
        page = api.execute("Projects", workspaceId=news["workspace_id"], after=after)
        found += [node for node in reads.nodes(page) if node["name"] == news["name"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _claim(api: RailwayClient, found: reads.Node, news: Props, released: str | None) -> None:
    """Write our stack into the description, unless it stands there.

    Raises:
        RefusedError: The project is not ours, or the environment is another stack's.
    """
    named, environment, stack = owners(found["description"]), str(news["environment"]), str(news["stack"])
    if named is None and released is None:
        raise RefusedError(
            "project",
            f"{found['name']} must not be there, or must be ours; to hand it over, write {MARK!r} at the end "
            "of its description",
        )
    if (owner := (named or {}).get(environment, stack)) != stack:
        raise RefusedError(
            "project",
            f"environment {environment} of {found['name']} must be free, got stack {owner}; name another one",
        )
    wanted = {key: value for key, value in (named or {}).items() if key != released} | {environment: stack}
    now = {"name": found["name"], "isPublic": found["isPublic"], "prDeploys": found["prDeploys"]}
    then = {"name": news["name"], **_SWITCHES}
    if named != wanted or now != then:
        description = described(found["description"], wanted)
        api.execute("UpdateProject", id=found["id"], input={"description": description, **then})


def _left_over(api: RailwayClient, project_id: str) -> list[str]:
    """Names of its services, once those that are being deleted are gone."""

    def names() -> list[str]:
        found = reads.project(api, project_id)
        return [str(node["name"]) for node in reads.nodes(found["services"])] if found else []

    return names() if api.poll(lambda: None if names() else True, 30) is None else []
