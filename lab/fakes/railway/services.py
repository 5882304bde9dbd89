"""Services, and their settings in each environment."""

from __future__ import annotations

from typing import Any, Final

from lab.fakes.railway.behaviour import FanOut
from lab.fakes.railway.deployments import Deployments
from lab.fakes.railway.errors import RefusedError
from lab.fakes.railway.store import Node
from lab.fakes.railway.texts import held
from lab.fakes.railway.views import Views
from lab.fakes.railway.world import Caller, Resolver, World

BYTES_PER_GB: Final = 1_000_000_000
DAY_SECONDS: Final = 86_400.0

_FRESH: Final[dict[str, Any]] = {
    "source": None,
    "registryCredentials": None,
    "startCommand": None,
    "preDeployCommand": None,
    "cronSchedule": None,
    "healthcheckPath": None,
    "healthcheckTimeout": None,
    "restartPolicyType": "ON_FAILURE",
    "restartPolicyMaxRetries": 10,
    "region": None,
    "multiRegionConfig": None,
    "numReplicas": 1,
    "sleepApplication": False,
    "drainingSeconds": None,
    "overlapSeconds": None,
    "limits": None,
}
_KEEPS_NULL: Final = ("preDeployCommand", "drainingSeconds", "overlapSeconds", "restartPolicyType")
"""Settings that null leaves alone; the first is emptied with an empty list, the next two with 0."""


class Services:
    """Fields of the root that are about services and instances."""

    def __init__(self, world: World, deployments: Deployments, regions: tuple[str, ...]) -> None:
        self._world, self._store, self._views = world, world.store, Views(world)
        self._deployments, self._regions = deployments, regions
        self._store.actions["make_instance"] = self._make_missing

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {
            "service": lambda caller, args: self._world.thing(caller, "service", args["id"]),
            "serviceInstance": self._instance,
            "serviceInstanceLimitOverride": self._limits,
            "serviceCreate": self._create,
            "serviceUpdate": self._update,
            "serviceDelete": self._delete,
            "serviceInstanceUpdate": self._update_instance,
            "serviceInstanceLimitsUpdate": self._update_limits,
        }

    def make_instance(self, environment_id: str, service_id: str) -> Node:
        """Give a service its instance in an environment."""
        service = self._store.objects["service"][service_id]
        return self._store.add(
            "instance",
            environmentId=environment_id,
            serviceId=service_id,
            projectId=service["projectId"],
            variables={},
            **_FRESH,
        )

    def make_instance_later(self, environment_id: str, service_id: str, turn: int = 1) -> None:
        """The same after a while, unless it has one by then.

        Args:
            turn: Which of several it is.
        """
        seconds = self._world.behaviour.instance_seconds * turn
        self._store.later(seconds, "make_instance", environment_id=environment_id, service_id=service_id)

    def _make_missing(self, environment_id: str, service_id: str) -> None:
        gone = any(
            self._store.objects[kind][id_]["deletedAt"]
            for kind, id_ in (("environment", environment_id), ("service", service_id))
        )
        if not gone and self._world.find_instance(environment_id, service_id) is None:
            self.make_instance(environment_id, service_id)

    def _instance(self, caller: Caller, args: Node) -> Node:
        return self._views.instance(self._world.instance(caller, args["environmentId"], args["serviceId"]))

    def _limits(self, caller: Caller, args: Node) -> object:
        return self._world.instance(caller, args["environmentId"], args["serviceId"])["limits"]

    def _create(self, caller: Caller, args: Node) -> Node:
        """With an image it is deployed at once, before anybody can give it a volume."""
        given = args["input"]
        project = self._world.present(caller, "project", given["projectId"])
        behaviour = self._world.behaviour
        self._world.take_quota(
            "service",
            limit=behaviour.services_per_day,
            seconds=DAY_SECONDS,
            message=f"Service creation limit: {behaviour.services_per_day} services per day",
        )
        name = given.get("name") or f"service-{self._store.new_id()[:8]}"
        self._world.claim_name("service", name, projectId=project["id"])
        node = self._store.add(
            "service",
            hidden_seconds=behaviour.listed_seconds,
            projectId=project["id"],
            name=name,
            icon=given.get("icon"),
        )
        environments = self._fan_out(caller, project, given.get("environmentId"))
        image = (given.get("source") or {}).get("image")
        if image and environments:
            instance = self.make_instance(environments[0], node["id"])
            instance |= {"source": {"image": image}, "registryCredentials": given.get("registryCredentials")}
            instance["variables"] = {
                key: held(self._store, instance, value, sealed=False)
                for key, value in (given.get("variables") or {}).items()
            }
            self._deployments.start(instance)
        for turn, environment_id in enumerate(environments, start=1):
            self.make_instance_later(environment_id, node["id"], turn)
        return node

    def _fan_out(self, caller: Caller, project: Node, given: str | None) -> list[str]:
        """Environments that get an instance, the one in the call first."""
        named = [] if given is None else [self._world.environment(caller, given, project["id"])["id"]]
        how = self._world.behaviour.instances
        if how is FanOut.NONE:
            return []
        if how is FanOut.GIVEN and named:
            return named
        all_ = self._store.alive("environment", projectId=project["id"], isEphemeral=False)
        return [*named, *(each["id"] for each in all_ if each["id"] not in named)]

    def _update(self, caller: Caller, args: Node) -> Node:
        node, given = self._world.present(caller, "service", args["id"]), args["input"]
        if given.get("name") not in {None, node["name"]}:
            self._world.claim_name("service", given["name"], projectId=node["projectId"])
        node |= {key: value for key, value in given.items() if value is not None}
        return node

    def _delete(self, caller: Caller, args: Node) -> bool:
        """From a fork alone where one is named, otherwise from everywhere. Volumes stay, mounted nowhere."""
        node = self._world.present(caller, "service", args["id"])
        mine: Node = {"serviceId": node["id"]}
        if args.get("environmentId"):
            environment = self._world.environment(caller, args["environmentId"], node["projectId"])
            if environment["isEphemeral"]:
                mine["environmentId"] = environment["id"]
        for each in self._store.alive("volumeInstance", **mine):
            each["serviceId"] = None
        self._world.delete_all(**mine)
        if "environmentId" not in mine:
            self._store.delete(node, self._world.behaviour.gone_seconds)
        return True

    def _update_instance(self, caller: Caller, args: Node) -> bool:
        """Take over settings. Says yes where there is no instance, and does nothing."""
        service = self._world.present(caller, "service", args["serviceId"])
        if args.get("environmentId") is None:
            found = self._store.alive("instance", serviceId=service["id"])
        else:
            environment = self._world.environment(caller, args["environmentId"], service["projectId"])
            one = self._world.find_instance(environment["id"], service["id"])
            found = [one] if one else []
        for instance in found:
            self.check_settings(instance, args["input"])
        for instance in found:
            self._take_over(instance, args["input"])
        return True

    def check_settings(self, instance: Node, given: Node) -> None:
        """Refuse what Railway refuses.

        Raises:
            RefusedError: Names no field where Railway names none.
        """
        early = self._world.behaviour.refuses_early_health_check and not self._deployments.of(instance)
        if given.get("healthcheckPath") is not None and early:
            raise RefusedError("Invalid input")
        places = given.get("multiRegionConfig") or {}
        unknown = [
            name for name in (*places, given.get("region") or "") if name and name not in self._regions
        ]
        if unknown:
            raise RefusedError(f"Invalid region {unknown[0]}")
        counts = [place.get("numReplicas", 1) for place in places.values() if place]
        if any(count is not None and count < 1 for count in (*counts, given.get("numReplicas"))):
            raise RefusedError("Invalid number of replicas")

    def _take_over(self, instance: Node, given: Node) -> None:
        settings = {key: value for key, value in given.items() if self._counts(key, value)}
        # Left out, the number of replicas goes back to one.
        instance |= {**settings, "numReplicas": given.get("numReplicas") or 1}
        self.place(instance, given.get("multiRegionConfig"))

    def place(self, instance: Node, places: Node | None) -> None:
        """Take over regions. With a volume or a schedule there is one replica, whatever was asked for."""
        chosen = {name: place for name, place in (places or {}).items() if place}
        if chosen:
            instance["multiRegionConfig"] = chosen
            instance["region"] = next(iter(chosen))
            instance["numReplicas"] = sum(int(place.get("numReplicas") or 1) for place in chosen.values())
        ids = {"environmentId": instance["environmentId"], "serviceId": instance["serviceId"]}
        if instance["cronSchedule"] or self._store.alive("volumeInstance", **ids):
            instance["numReplicas"] = 1

    def _counts(self, key: str, value: object) -> bool:
        return value is not None or (self._world.behaviour.null_clears and key not in _KEEPS_NULL)

    def _update_limits(self, caller: Caller, args: Node) -> bool:
        given = args["input"]
        instance = self._world.instance(caller, given["environmentId"], given["serviceId"])
        containers = dict((instance["limits"] or {}).get("containers") or {})
        if given.get("vCPUs") is not None:
            containers["cpu"] = given["vCPUs"]
        if given.get("memoryGB") is not None:
            containers["memoryBytes"] = round(given["memoryGB"] * BYTES_PER_GB)
        instance["limits"] = {"containers": containers}
        return True
