"""Storage of a service in one environment. There is at most one, which is how it is found again.

What runs has its storage where it was when it was deployed.
"""

from __future__ import annotations

from typing import Any

from components.railway import marks, reads
from components.railway.client import SETTLE_SECONDS, RailwayClient
from components.railway.errors import TransientError
from components.railway.values import Failure, Made, Props, Unknown, required

INPUTS = ("project_id", "environment_id", "service_id", "mount_path", "region")
REPLACES = ("project_id", "environment_id", "service_id", "region")

_GONE = {"DELETED", "DELETING"}
_READY_SECONDS = 120.0


def check(news: Props) -> list[Failure]:
    """See `Handler`."""
    path = news.get("mount_path", "")
    rooted = isinstance(path, Unknown) or str(path).startswith("/")
    return [
        *required(news, INPUTS),
        *([] if rooted else [Failure("mount_path", "must begin with /")]),
    ]


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`. Without the environment in the call it would be a volume that is mounted nowhere."""

    def find() -> str | None:
        found = _of_service(api, news)
        return str(found["volumeId"]) if found else None

    def make() -> str:
        marks.forget_deployment(api, news)
        given = {
            "projectId": news["project_id"],
            "environmentId": news["environment_id"],
            "serviceId": news["service_id"],
            "mountPath": news["mount_path"],
            "region": news["region"],
        }
        return str(api.execute_once("CreateVolume", input=given)["id"])

    id_ = api.adopt_or_create(find, make)
    _await_ready(api, id_, news)
    _mount(api, id_, news)
    return Made(id_, {**news, "volume_id": id_})


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`. One that was detached belongs to no service any more, which shows as a change."""
    found = _by_id(api, id_, outs)
    if found is None:
        return None
    region = found["region"] or outs["region"]
    return {**outs, "mount_path": found["mountPath"] if found["serviceId"] else "", "region": region}


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`."""
    del olds
    _mount(api, id_, news)
    return {**news, "volume_id": id_}


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """See `Handler`. Railway keeps it for two days, and the owner of the workspace may restore it."""
    reads.delete(api, "DeleteVolume", volumeId=id_)
    reads.await_gone(api, lambda: _by_id(api, id_, outs), "volume")


def _instances(api: RailwayClient, outs: Props) -> list[reads.Node]:
    environment = reads.present(lambda: api.execute("Volumes", environmentId=outs["environment_id"]))
    found = reads.nodes(environment["volumeInstances"]) if environment else []
    return [node for node in found if node["state"] not in _GONE]


def _by_id(api: RailwayClient, id_: str, outs: Props) -> reads.Node | None:
    return next((node for node in _instances(api, outs) if node["volumeId"] == id_), None)


def _of_service(api: RailwayClient, news: Props) -> reads.Node | None:
    """The volume of this service in this environment; the same service has others elsewhere."""
    mine = [node for node in _instances(api, news) if node["serviceId"] == news["service_id"]]
    return reads.only(mine, "volume", str(news["mount_path"]))


def _await_ready(api: RailwayClient, id_: str, news: Props) -> None:
    def ready() -> bool | None:
        found = _by_id(api, id_, news)
        return True if found and found["state"] in {None, "READY"} else None

    if api.poll(ready, max(_READY_SECONDS, SETTLE_SECONDS)) is None:
        raise TransientError("volume", f"must be ready within {_READY_SECONDS:.0f} s, got another state")


def _mount(api: RailwayClient, id_: str, news: Props) -> None:
    """Mount it where it belongs, unless it is."""
    found = _by_id(api, id_, news)
    wanted = {"mountPath": news["mount_path"], "serviceId": news["service_id"]}
    if found and {key: found[key] for key in wanted} == wanted:
        return
    marks.forget_deployment(api, news)
    api.execute("UpdateVolume", volumeId=id_, environmentId=news["environment_id"], input=wanted)
