"""A service that runs with what was written: the only thing that deploys, and it waits until it has.

`settings` and `triggers` hold what was written, and when; another value deploys again.
"""

from __future__ import annotations

from typing import Any

from components.railway import marks, reads
from components.railway.client import RailwayClient
from components.railway.handlers import settings
from components.railway.rollout import RUNNING, Rollout
from components.railway.values import Failure, Made, Props, required

INPUTS = ("project_id", "environment_id", "service_id", "service", "settings", "triggers")
REPLACES = ("project_id", "environment_id", "service_id")

_GONE = {"REMOVED", "REMOVING", "FAILED", "CRASHED"}


def check(news: Props) -> list[Failure]:
    """See `Handler`."""
    return required(news, INPUTS[:4])


def create(api: RailwayClient, news: Props) -> Made:
    """Deploy, unless what is written runs already."""
    latest, mark = _latest(api, news), marks.variables(api, news).get(marks.DEPLOYED)
    runs = latest and latest["id"] == mark and latest["status"] in RUNNING
    id_ = str(latest["id"]) if latest and runs else _deploy(api, news)
    return Made(f"{news['environment_id']}/{news['service_id']}", {**news, "deployment_id": id_})


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`. One that was removed or broke down is gone, so that the next `up` deploys again.

    Somebody else's newer deployment runs with what is written, too, and takes the place of ours.
    """
    del id_
    latest = _latest(api, outs)
    if latest is None or latest["status"] in _GONE:
        return None
    return {**outs, "deployment_id": latest["id"]}


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`."""
    del id_, olds
    return {**news, "deployment_id": _deploy(api, news)}


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """Stop what runs, so that nothing is written or unmounted under it."""
    del id_
    latest = _latest(api, outs)
    if latest is None or latest["status"] in {"REMOVED", "REMOVING"}:
        return
    reads.delete(api, "RemoveDeployment", id=latest["id"])
    reads.await_gone(api, lambda: _standing(api, outs), "deployment")


def _standing(api: RailwayClient, outs: Props) -> bool | None:
    latest = _latest(api, outs)
    return None if latest is None or latest["status"] == "REMOVED" else True


def _latest(api: RailwayClient, props: Props) -> reads.Node | None:
    found = reads.instance(api, str(props["environment_id"]), str(props["service_id"]))
    return found["latestDeployment"] if found else None


def _deploy(api: RailwayClient, news: Props) -> str:
    """Deploy, wait, and note which deployment runs with what is written."""
    marks.forget_deployment(api, news)
    id_ = Rollout(api, news).run()
    settings.ensure_health_check(api, {**news["settings"], **{key: news[key] for key in REPLACES}})
    marks.upsert(api, news, {marks.DEPLOYED: id_})
    return id_
