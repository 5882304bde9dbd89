"""A service's address on the internet, of those that Railway gives out."""

from __future__ import annotations

from typing import Any

from components.railway import marks, reads
from components.railway.client import RailwayClient
from components.railway.values import Failure, Made, Props, required

INPUTS = ("project_id", "environment_id", "service_id", "target_port")
REPLACES = ("project_id", "environment_id", "service_id")

_GONE = {"DELETED", "DELETING"}


def check(news: Props) -> list[Failure]:
    """See `Handler`."""
    port = news.get("target_port")
    fits = not isinstance(port, int | float) or 0 < port < 65536
    return [*required(news, INPUTS), *([] if fits else [Failure("target_port", "must be a port")])]


def create(api: RailwayClient, news: Props) -> Made:
    """See `Handler`."""

    def find() -> reads.Node | None:
        return reads.only(_domains(api, news), "domain", f"of service {news['service_id']}")

    def make() -> reads.Node:
        given = {
            "environmentId": news["environment_id"],
            "serviceId": news["service_id"],
            "targetPort": news["target_port"],
        }
        made: reads.Node = api.execute_once("CreateDomain", input=given)
        return {**made, "targetPort": news["target_port"]}

    found = api.adopt_or_create(find, make)
    _aim(api, found, news)
    return Made(str(found["id"]), _outs(found, news))


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`."""
    found = _by_id(api, id_, outs)
    return _outs(found, {**outs, "target_port": found["targetPort"]}) if found else None


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`. The address stays."""
    found = {"id": id_, "domain": olds["domain"], "targetPort": None}
    _aim(api, found, news)
    return _outs(found, news)


def delete(api: RailwayClient, id_: str, outs: Props) -> None:
    """See `Handler`."""
    reads.delete(api, "DeleteDomain", id=id_)
    reads.await_gone(api, lambda: _by_id(api, id_, outs), "domain")


def _domains(api: RailwayClient, props: Props) -> list[reads.Node]:
    found = reads.present(lambda: api.execute("Domains", **marks.ids(props)))
    listed = found["serviceDomains"] if found else []
    return [node for node in listed if not node["deletedAt"] and node["syncStatus"] not in _GONE]


def _by_id(api: RailwayClient, id_: str, outs: Props) -> reads.Node | None:
    return next((node for node in _domains(api, outs) if node["id"] == id_), None)


def _aim(api: RailwayClient, found: reads.Node, news: Props) -> None:
    """Send requests to the declared port, unless they go there."""
    if found["targetPort"] == news["target_port"]:
        return
    given = {
        "serviceDomainId": found["id"],
        "domain": found["domain"],
        "environmentId": news["environment_id"],
        "serviceId": news["service_id"],
        "targetPort": news["target_port"],
    }
    api.execute("UpdateDomain", input=given)


def _outs(found: reads.Node, news: Props) -> dict[str, Any]:
    return {**news, "domain_id": found["id"], "domain": found["domain"], "url": f"https://{found['domain']}"}
