"""Volumes: one for a service in an environment, mounted by its next deployment."""

from __future__ import annotations

from typing import Final

from lab.fakes.railway.errors import RefusedError
from lab.fakes.railway.store import Node
from lab.fakes.railway.world import Caller, Resolver, World

_SIZE_MB: Final = 5000


class Volumes:
    """Fields of the root that are about volumes."""

    def __init__(self, world: World, default_region: str) -> None:
        self._world, self._store, self._region = world, world.store, default_region
        self._store.actions["volume_state"] = self._set_state

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {
            "volumeCreate": self._create,
            "volumeUpdate": self._rename,
            "volumeInstanceUpdate": self._update,
            "volumeDelete": self._delete,
        }

    def _create(self, caller: Caller, args: Node) -> Node:
        """Without an environment it is mounted nowhere and never will be."""
        given = args["input"]
        project = self._world.present(caller, "project", given["projectId"])
        behaviour = self._world.behaviour
        self._world.take_quota(
            "volume",
            limit=behaviour.volumes_per_window,
            seconds=behaviour.create_window_seconds,
            message="You are creating volumes too quickly",
        )
        environment_id, service_id = given.get("environmentId"), given.get("serviceId")
        if environment_id and service_id:
            self._world.instance(caller, environment_id, service_id)
            self._check_free(environment_id, service_id)
        node = self._store.add("volume", projectId=project["id"], name="")
        node["name"] = f"volume-{node['id'][:8]}"
        if environment_id:
            made = self._store.add(
                "volumeInstance",
                hidden_seconds=behaviour.listed_seconds,
                projectId=project["id"],
                environmentId=self._world.environment(caller, environment_id, project["id"])["id"],
                serviceId=service_id,
                volumeId=node["id"],
                mountPath=given["mountPath"],
                region=given.get("region") or self._region,
                sizeMB=_SIZE_MB,
                currentSizeMB=0.0,
                state="UPDATING",
            )
            self._store.later(behaviour.volume_seconds, "volume_state", id=made["id"], state="READY")
        return node

    def _check_free(self, environment_id: str, service_id: str) -> None:
        if self._store.alive("volumeInstance", environmentId=environment_id, serviceId=service_id):
            raise RefusedError("Service already has a volume: it already exists")

    def _set_state(self, id: str, state: str) -> None:  # noqa: A002 - the field's name
        self._store.objects["volumeInstance"][id]["state"] = state

    def _rename(self, caller: Caller, args: Node) -> Node:
        node = self._world.present(caller, "volume", args["volumeId"])
        name = args["input"].get("name")
        if name not in {None, node["name"]}:
            if self._store.alive("volume", projectId=node["projectId"], name=name):
                raise RefusedError("Volume name already exists")
            node["name"] = name
        return node

    def _update(self, caller: Caller, args: Node) -> bool:
        """A service of null detaches it. Without an environment every instance is changed."""
        volume, given = self._world.present(caller, "volume", args["volumeId"]), args["input"]
        mine = {"volumeId": volume["id"]}
        if args.get("environmentId"):
            environment = self._world.environment(caller, args["environmentId"], volume["projectId"])
            mine["environmentId"] = environment["id"]
        found = self._store.alive("volumeInstance", **mine)
        if not found:
            raise RefusedError("VolumeInstance not found")
        for each in found:
            service_id = given.get("serviceId")
            if service_id not in {None, each["serviceId"]}:
                self._world.instance(caller, each["environmentId"], service_id)
                self._check_free(each["environmentId"], service_id)
            each |= {key: value for key, value in given.items() if value is not None or key == "serviceId"}
        return True

    def _delete(self, caller: Caller, args: Node) -> bool:
        """Its owner could restore it for two days; here it is only read for a while."""
        volume = self._world.present(caller, "volume", args["volumeId"])
        for each in self._store.alive("volumeInstance", volumeId=volume["id"]):
            each["state"] = "DELETING"
            self._store.delete(each, self._world.behaviour.gone_seconds)
        self._store.delete(volume, self._world.behaviour.gone_seconds)
        return True
