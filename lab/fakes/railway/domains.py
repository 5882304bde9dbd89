"""Addresses on the internet: domains, and ports of the TCP proxy."""

from __future__ import annotations

from typing import Final

from lab.fakes.railway.errors import RefusedError
from lab.fakes.railway.store import Node
from lab.fakes.railway.world import Caller, Resolver, World

SUFFIX: Final = "up.railway.app"
_PROXY_DOMAIN: Final = "proxy.rlwy.net"
_FIRST_PORT: Final = 20_000


class Domains:
    """Fields of the root that are about addresses."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        self._store.actions |= {"aim": self._aim, "activate_proxy": self._activate_proxy}

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {
            "domains": self._list,
            "serviceDomainCreate": self._create,
            "serviceDomainUpdate": self._update,
            "serviceDomainDelete": lambda caller, args: self._delete(caller, "domain", args["id"]),
            "tcpProxies": self._proxies,
            "tcpProxyDelete": lambda caller, args: self._delete(caller, "proxy", args["id"]),
        }

    def _list(self, caller: Caller, args: Node) -> Node:
        self._world.environment(caller, args["environmentId"], args["projectId"])
        self._world.thing(caller, "service", args["serviceId"])
        return {"serviceDomains": self._store.seen("domain", **_ids(args))}

    def _create(self, caller: Caller, args: Node) -> Node:
        """The label is Railway's choice; another one can be had by a change."""
        given = args["input"]
        instance = self._world.instance(caller, given["environmentId"], given["serviceId"])
        service = self._store.objects["service"][instance["serviceId"]]["name"]
        node = self._store.add(
            "domain",
            hidden_seconds=self._world.behaviour.listed_seconds,
            projectId=instance["projectId"],
            **_ids(instance),
            domain="",
            targetPort=given.get("targetPort"),
            syncStatus="CREATING",
        )
        node["domain"] = f"{service}-{node['id'][:8]}.{SUFFIX}"
        self._aim_later(node, node["domain"], node["targetPort"])
        return node

    def _update(self, caller: Caller, args: Node) -> bool:
        given = args["input"]
        node = self._world.present(caller, "domain", given["serviceDomainId"])
        domain = given["domain"]
        label, _, suffix = domain.partition(".")
        if suffix != SUFFIX or not label:
            raise RefusedError("Invalid domain")
        others = [each for each in self._store.alive("domain", domain=domain) if each["id"] != node["id"]]
        if others or label in self._world.behaviour.taken_labels:
            raise RefusedError(f"Domain {domain} is already in use")
        node["syncStatus"] = "UPDATING"
        self._aim_later(node, domain, given.get("targetPort", node["targetPort"]))
        return True

    def _aim_later(self, node: Node, domain: str, port: int | None) -> None:
        seconds = self._world.behaviour.domain_seconds
        self._store.later(seconds, "aim", id=node["id"], domain=domain, port=port)

    def _aim(self, id: str, domain: str, port: int | None) -> None:  # noqa: A002 - the field's name
        node = self._store.objects["domain"][id]
        if not node["deletedAt"]:
            node |= {"domain": domain, "targetPort": port, "syncStatus": "ACTIVE"}

    def _proxies(self, caller: Caller, args: Node) -> list[Node]:
        self._world.instance(caller, args["environmentId"], args["serviceId"])
        return self._store.seen("proxy", **_ids(args))

    def add_proxy(self, instance: Node, port: int) -> None:
        """Open a port on the internet that leads to this one of a service, unless it is open.

        Raises:
            RefusedError: The service has one for another port.
        """
        there = self._store.alive("proxy", **_ids(instance))
        if [each for each in there if each["applicationPort"] != port]:
            raise RefusedError("Invalid config: a service may have one TCP proxy")
        if not there:
            node = self._store.add(
                "proxy",
                hidden_seconds=self._world.behaviour.listed_seconds,
                projectId=instance["projectId"],
                **_ids(instance),
                applicationPort=port,
                domain=_PROXY_DOMAIN,
                proxyPort=_FIRST_PORT + len(self._store.objects["proxy"]),
                syncStatus="CREATING",
            )
            self._store.later(self._world.behaviour.domain_seconds, "activate_proxy", id=node["id"])

    def _activate_proxy(self, id: str) -> None:  # noqa: A002 - as above
        node = self._store.objects["proxy"][id]
        if not node["deletedAt"]:
            node["syncStatus"] = "ACTIVE"

    def _delete(self, caller: Caller, kind: str, id_: str) -> bool:
        node = self._world.present(caller, kind, id_)
        node["syncStatus"] = "DELETING"
        self._store.delete(node, self._world.behaviour.gone_seconds)
        return True


def _ids(node: Node) -> Node:
    return {"environmentId": node["environmentId"], "serviceId": node["serviceId"]}
