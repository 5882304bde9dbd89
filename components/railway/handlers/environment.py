"""An environment of a project. The one that a project began with goes only together with the project."""

from __future__ import annotations

from typing import Any

from components.railway import reads
from components.railway.client import RailwayClient
from components.railway.errors import RefusedError
from components.railway.values import Failure, Made, Props, required

INPUTS = ("project_id", "name")
REPLACES = ("project_id",)


def check(news: Props) -> list[Failure]:
    """See `Handler`."""
    return required(news, INPUTS)


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`. Which one a project began with is never guessed: it is found by its name."""
    project_id, name = str(news["project_id"]), str(news["name"])

    def find() -> str | None:
        project = reads.project(api, project_id)
        if project is None:
            raise RefusedError("environment", f"project {project_id} must be there, got nothing")
        named = [node for node in reads.nodes(project["environments"]) if node["name"] == name]
        found = reads.only(named, "environment", name)
        return str(found["id"]) if found else None

    def make() -> str:
        answer = api.execute_once(
            "CreateEnvironment", input={"projectId": project_id, "name": name, "skipInitialDeploys": True}
        )
        return str(answer["id"])

    id_ = api.adopt_or_create(find, make)
    return Made(id_, {**news, "environment_id": id_})


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`."""
    found = _find(api, id_, outs)
    return {**outs, "name": found["name"]} if found else None


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`."""
    if olds["name"] != news["name"]:
        api.execute("RenameEnvironment", id=id_, input={"name": news["name"]})
    return {**news, "environment_id": id_}


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """See `Handler`."""
    project = reads.project(api, str(outs["project_id"]))
    if project is None:
        return
    there = {node["id"] for node in reads.nodes(project["environments"])}
    if id_ not in there or id_ == project["baseEnvironmentId"] or len(there) == 1:
        return
    reads.delete(api, "DeleteEnvironment", id=id_)
    reads.await_gone(api, lambda: _find(api, id_, outs), "environment")


def _find(api: RailwayClient, id_: str, outs: Props) -> reads.Node | None:
    project = reads.project(api, str(outs["project_id"]))
    return reads.by_id(project["environments"], id_) if project else None
