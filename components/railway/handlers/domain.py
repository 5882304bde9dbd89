"""A service's address on the internet, of those that Railway gives out.

A new one has a random label; another may be chosen afterwards, of those that no customer has taken.
"""

from __future__ import annotations

from typing import Any

from components.railway import marks, reads
from components.railway.client import SETTLE_SECONDS, RailwayClient
from components.railway.errors import AlreadyExistsError, RefusedError
from components.railway.values import Failure, Made, Props, required

INPUTS = ("project_id", "environment_id", "service_id", "target_port", "label")
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
    return Made(str(found["id"]), _outs(_aimed(api, found, news), news))


def read(api: RailwayClient, id_: str, outs: Props) -> dict[str, Any] | None:
    """See `Handler`."""
    found = _by_id(api, id_, outs)
    if found is None:
        return None
    live = {"target_port": found["targetPort"], "label": _label(found)}
    return _outs(found, {**outs, **live})


def update(api: RailwayClient, id_: str, olds: Props, news: Props) -> dict[str, Any]:
    """See `Handler`."""
    found = {"id": id_, "domain": olds["domain"], "targetPort": None}
    return _outs(_aimed(api, found, news), news)


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


def _label(found: reads.Node) -> str:
    return str(found["domain"]).partition(".")[0]


def _aimed(api: RailwayClient, found: reads.Node, news: Props) -> reads.Node:
    """The domain with the declared label, and requests to it going to the declared port.

    Raises:
        RefusedError: Somebody else has the label, or Railway did not take it over.
    """
    wanted = f"{news['label']}.{str(found['domain']).partition('.')[2]}"
    if found["targetPort"] == news["target_port"] and found["domain"] == wanted:
        return found
    given = {
        "serviceDomainId": found["id"],
        "domain": wanted,
        "environmentId": news["environment_id"],
        "serviceId": news["service_id"],
        "targetPort": news["target_port"],
    }
    try:
        api.execute("UpdateDomain", input=given)
    except AlreadyExistsError:
        raise RefusedError(
            "UpdateDomain", f"{wanted} must be free, got it taken; choose another label"
        ) from None

    def taken_over() -> reads.Node | None:
        live = _by_id(api, str(found["id"]), news)
        there = live and (live["domain"], live["targetPort"]) == (wanted, news["target_port"])
        return live if there else None

    if (live := api.poll(taken_over, SETTLE_SECONDS)) is None:
        raise RefusedError("UpdateDomain", f"the domain must become {wanted}, got {found['domain']} still")
    return live


def _outs(found: reads.Node, news: Props) -> dict[str, Any]:
    return {**news, "domain_id": found["id"], "domain": found["domain"], "url": f"https://{found['domain']}"}
