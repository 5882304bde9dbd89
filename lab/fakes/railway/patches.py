"""Changes of an environment's configuration as a whole: checked at once and applied after a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.fakes.railway.deployments import Deployments
from lab.fakes.railway.domains import Domains
from lab.fakes.railway.errors import RefusedError, not_authorized
from lab.fakes.railway.services import Services
from lab.fakes.railway.store import Node
from lab.fakes.railway.texts import held
from lab.fakes.railway.world import Caller, Resolver, World

_DEPLOY: Final[Mapping[str, tuple[type, ...]]] = {
    "startCommand": (str,),
    "preDeployCommand": (list,),
    "cronSchedule": (str,),
    "healthcheckPath": (str,),
    "healthcheckTimeout": (int,),
    "restartPolicyType": (str,),
    "restartPolicyMaxRetries": (int,),
    "numReplicas": (int,),
    "multiRegionConfig": (dict,),
    "sleepApplication": (bool,),
    "drainingSeconds": (int,),
    "overlapSeconds": (int,),
    "registryCredentials": (dict,),
    "limitOverride": (dict,),
}
_DEPLOYS: Final = ("source", "deploy", "variables")
"""Parts of a service whose change deploys it."""


class Patches:
    """Fields of the root that are about patches and their workflows."""

    def __init__(self, world: World, services: Services, deployments: Deployments, domains: Domains) -> None:
        self._world, self._store = world, world.store
        self._services, self._deployments, self._domains = services, deployments, domains
        self._store.actions |= {"begin_workflow": self._begin, "apply_patch": self._apply}

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {"environmentPatchCommit": self._commit, "workflowStatus": self._status}

    def _commit(self, caller: Caller, args: Node) -> str:
        """Check all of it, and carry along what somebody has staged in the dashboard."""
        environment = self._world.environment(caller, args["environmentId"])
        patch = args.get("patch") or {}
        self._check(caller, environment, patch)
        staged, environment["staged"] = environment["staged"], []
        node = self._store.add(
            "workflow",
            projectId=environment["projectId"],
            environmentId=environment["id"],
            status="NotFound",
            error=None,
            carried=staged,
        )
        behaviour = self._world.behaviour
        self._store.later(behaviour.workflow_unknown_seconds, "begin_workflow", id=node["id"])
        seconds = behaviour.workflow_unknown_seconds + behaviour.workflow_seconds
        self._store.later(seconds, "apply_patch", id=node["id"], patch=patch, error=behaviour.workflow_error)
        return str(node["id"])

    def _status(self, caller: Caller, args: Node) -> Node:
        """An unknown workflow is not found, which is no error."""
        try:
            node = self._world.thing(caller, "workflow", args["workflowId"])
        except RefusedError:
            return {"status": "NotFound", "error": None}
        return node

    def _check(self, caller: Caller, environment: Node, patch: Node) -> None:
        unknown = set(patch) - {"services", "sharedVariables", "volumes"}
        for service_id, part in (patch.get("services") or {}).items():
            service = self._store.objects["service"].get(service_id)
            if service is None or service["projectId"] != environment["projectId"]:
                raise not_authorized()
            self._world.present(caller, "service", service_id)
            unknown |= set(part) - {*_DEPLOYS, "networking"}
            self._check_deploy(environment, service_id, part.get("deploy") or {})
            _check_variables(part.get("variables") or {})
            self._check_ports(environment, service_id, _ports(part))
        _check_variables(patch.get("sharedVariables") or {})
        for volume_id, part in (patch.get("volumes") or {}).items():
            self._check_volume(environment, volume_id, part)
        if unknown:
            raise RefusedError(f"Invalid config: unknown key {min(unknown)}")

    def _check_deploy(self, environment: Node, service_id: str, deploy: Node) -> None:
        for key, value in deploy.items():
            if key not in _DEPLOY:
                raise RefusedError(f"Invalid config: unknown key deploy.{key}")
            if value is not None and not isinstance(value, _DEPLOY[key]):
                raise RefusedError(f"Invalid config: deploy.{key}")
        instance = self._world.find_instance(environment["id"], service_id)
        if instance is not None:
            self._services.check_settings(instance, deploy)

    def _check_ports(self, environment: Node, service_id: str, ports: list[int]) -> None:
        ids = {"environmentId": environment["id"], "serviceId": service_id}
        taken = {each["applicationPort"] for each in self._store.alive("proxy", **ids)}
        if len({*ports, *taken}) > 1:
            raise RefusedError("Invalid config: a service may have one TCP proxy")

    def _check_volume(self, environment: Node, volume_id: str, part: Node) -> None:
        """A volume grows and never shrinks."""
        found = self._store.alive("volumeInstance", environmentId=environment["id"], volumeId=volume_id)
        if not found:
            raise RefusedError("VolumeInstance not found")
        if set(part) - {"sizeMB", "region"} or part.get("sizeMB", found[0]["sizeMB"]) < found[0]["sizeMB"]:
            raise RefusedError("Invalid config: volumes")

    def _begin(self, id: str) -> None:  # noqa: A002 - the field's name
        self._store.objects["workflow"][id]["status"] = "Running"

    def _apply(self, id: str, patch: Node, error: str) -> None:  # noqa: A002 - as above
        node = self._store.objects["workflow"][id]
        if error:
            node |= {"status": "Error", "error": error}
            return
        environment = self._store.objects["environment"][node["environmentId"]]
        self._set_variables(environment, patch.get("sharedVariables") or {})
        for service_id, part in (patch.get("services") or {}).items():
            self._apply_service(environment, service_id, part)
        for volume_id, part in (patch.get("volumes") or {}).items():
            for each in self._store.alive(
                "volumeInstance", environmentId=environment["id"], volumeId=volume_id
            ):
                each.update(part)
        node["status"] = "Complete"

    def _apply_service(self, environment: Node, service_id: str, part: Node) -> None:
        instance = self._world.find_instance(environment["id"], service_id)
        if instance is None:
            if not self._world.behaviour.repairs_instances:
                return
            instance = self._services.make_instance(environment["id"], service_id)
        if "source" in part:
            instance["source"] = part["source"]
        self._take_over(instance, dict(part.get("deploy") or {}))
        self._set_variables(instance, part.get("variables") or {})
        for port in _ports(part):
            self._domains.add_proxy(instance, port)
        runnable = bool((instance["source"] or {}).get("image"))
        if self._world.behaviour.patch_deploys and runnable and any(part.get(key) for key in _DEPLOYS):
            self._deployments.start(instance)

    def _take_over(self, instance: Node, deploy: Node) -> None:
        """Regions are merged into those that are there; null takes one away, and null empties a setting."""
        if "limitOverride" in deploy:
            instance["limits"] = deploy.pop("limitOverride")
        places = deploy.pop("multiRegionConfig", None)
        instance |= deploy
        if places is not None:
            self._services.place(instance, {**(instance["multiRegionConfig"] or {}), **places})

    def _set_variables(self, holder: Node, variables: Mapping[str, Any]) -> None:
        """Null deletes one; what is sealed stays so."""
        for name, given in variables.items():
            if given is None:
                holder["variables"].pop(name, None)
                continue
            before = holder["variables"].get(name, {"isSealed": False})
            sealed = bool(given.get("isSealed")) or before["isSealed"]
            holder["variables"][name] = held(self._store, holder, given["value"], sealed=sealed)


def _ports(part: Node) -> list[int]:
    proxies = (part.get("networking") or {}).get("tcpProxies") or {}
    try:
        return [int(port) for port in proxies]
    except ValueError:
        raise RefusedError("Invalid config: networking.tcpProxies") from None


def _check_variables(variables: Mapping[str, Any]) -> None:
    for name, given in variables.items():
        fits = given is None or (
            isinstance(given, dict)
            and isinstance(given.get("value"), str)
            and not set(given) - {"value", "isSealed"}
        )
        if not fits:
            raise RefusedError(f"Invalid config: variables.{name}")
