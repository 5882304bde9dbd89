"""A service without anything in it, and its instance in one environment: what the others are put into.

Its identity belongs to the whole project. An image given at its creation would be deployed at once, before
its volume and its variables are there.
"""

from __future__ import annotations

from typing import Any

from components.model.cloud_variables import flaw_of_service
from components.railway import reads
from components.railway.client import SETTLE_SECONDS, RailwayClient
from components.railway.errors import RefusedError
from components.railway.patches import commit_patch
from components.railway.values import Failure, Made, Props, Unknown, required

INPUTS = ("project_id", "environment_id", "name")
REPLACES = ("project_id", "environment_id")

_STOPPED = {"REMOVED", "REMOVING"}


def check(news: Props) -> list[Failure]:
    """See `Handler`."""
    name = news.get("name", "")
    flaw = "" if isinstance(name, Unknown) else flaw_of_service(str(name))
    return [*required(news, ("project_id", "environment_id")), *([Failure("name", flaw)] if flaw else [])]


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`."""
    project_id, name = str(news["project_id"]), str(news["name"])

    def find() -> str | None:
        project = reads.project(api, project_id)
        if project is None:
            raise RefusedError("service", f"project {project_id} must be there, got nothing")
        named = [node for node in reads.nodes(project["services"]) if node["name"] == name]
        found = reads.only(named, "service", name)
        return str(found["id"]) if found else None

    def make() -> str:
        given = {"projectId": project_id, "environmentId": news["environment_id"], "name": name}
        return str(api.execute_once("CreateService", input=given)["id"])

    id_ = api.adopt_or_create(find, make)
    _ensure_instance(api, news, id_)
    return Made(id_, {**news, "service_id": id_})


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`. Without its instance it is gone from this environment, and a create mends that."""
    found = _find(api, id_, outs)
    if found is None or reads.instance(api, str(outs["environment_id"]), id_) is None:
        return None
    return {**outs, "name": found["name"]}


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`. A new name changes references to it and leaves its private host name as it was."""
    if olds["name"] != news["name"]:
        api.execute("UpdateService", id=id_, input={"name": news["name"]})
    return {**news, "service_id": id_}


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """Delete it, unless another environment uses it: Railway deletes a service from all of them at once."""
    if _used_elsewhere(api, id_, outs):
        return
    reads.delete(api, "DeleteService", id=id_)
    reads.await_gone(api, lambda: _find(api, id_, outs), "service")


def _find(api: RailwayClient, id_: str, outs: Props) -> reads.Node | None:
    project = reads.project(api, str(outs["project_id"]))
    return reads.by_id(project["services"], id_) if project else None


def _ensure_instance(api: RailwayClient, news: Props, id_: str) -> None:
    """Wait for the instance, which comes later than the service and in some projects not by itself.

    Raises:
        RefusedError: It does not come.
    """
    environment_id = str(news["environment_id"])

    def probe() -> reads.Node | None:
        return reads.instance(api, environment_id, id_)

    if api.poll(probe, SETTLE_SECONDS) is not None:
        return
    commit_patch(
        api,
        project_id=str(news["project_id"]),
        environment_id=environment_id,
        patch={"services": {id_: {}}},
        message=f"{news['name']} in this environment",
    )
    if api.poll(probe, SETTLE_SECONDS) is None:
        raise RefusedError(
            "service",
            f"{news['name']} must have an instance in its environment, got none; add it in the dashboard",
        )


def _used_elsewhere(api: RailwayClient, id_: str, outs: Props) -> bool:
    """Whether it runs or is about to run in another environment; empty instances come by themselves."""
    project = reads.project(api, str(outs["project_id"]))
    others = reads.nodes(project["environments"]) if project else []
    return any(_used_in(api, other["id"], id_) for other in others if other["id"] != outs["environment_id"])


def _used_in(api: RailwayClient, environment_id: str, id_: str) -> bool:
    found = api.execute("EnvironmentServices", id=environment_id)["serviceInstances"]
    for instance in reads.nodes(found):
        if instance["serviceId"] == id_:
            source, latest = instance["source"] or {}, instance["latestDeployment"]
            return (
                latest["status"] not in _STOPPED
                if latest
                else bool(source.get("image") or source.get("repo"))
            )
    return False
