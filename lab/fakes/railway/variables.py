"""Variables of services, and shared ones of an environment."""

from __future__ import annotations

from lab.fakes.railway.deployments import Deployments
from lab.fakes.railway.errors import NO_SNAPSHOT, RefusedError
from lab.fakes.railway.store import Node
from lab.fakes.railway.texts import held, rendered
from lab.fakes.railway.world import Caller, Resolver, World


class Variables:
    """Fields of the root that are about variables."""

    def __init__(self, world: World, deployments: Deployments) -> None:
        self._world, self._store, self._deployments = world, world.store, deployments

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {
            "variables": self._read,
            "variableCollectionUpsert": self._upsert_all,
            "variableUpsert": self._upsert,
            "variableDelete": self._delete,
        }

    def _read(self, caller: Caller, args: Node) -> Node:
        """Sealed ones are there without a value. What Railway adds is among the rendered ones only."""
        holder = self._holder(caller, args)
        own = holder["variables"]
        if args.get("unrendered"):
            shown = {name: each["value"] for name, each in own.items()}
        else:
            shown = rendered(self._store, holder)
        return {
            name: None if name in own and own[name]["isSealed"] else value for name, value in shown.items()
        }

    def _upsert_all(self, caller: Caller, args: Node) -> bool:
        given = args["input"]
        holder = self._holder(caller, given)
        if given["replace"]:
            holder["variables"] = {
                name: each for name, each in holder["variables"].items() if name in given["variables"]
            }
        self._write(holder, given["variables"])
        return self._written(holder, skip=given["skipDeploys"])

    def _upsert(self, caller: Caller, args: Node) -> bool:
        given = args["input"]
        holder = self._holder(caller, given)
        self._write(holder, {given["name"]: given["value"]})
        return self._written(holder, skip=given["skipDeploys"])

    def _delete(self, caller: Caller, args: Node) -> bool:
        """There is no way to ask for no deployment; a service that never ran is left alone."""
        given = args["input"]
        holder = self._holder(caller, given)
        if holder["variables"].pop(given["name"], None) is None:
            raise RefusedError("Variable not found")
        self._deployments.repeat(holder)
        return True

    def _holder(self, caller: Caller, args: Node) -> Node:
        """The instance whose variables they are; without a service, the environment."""
        environment = self._world.environment(caller, args["environmentId"], args["projectId"])
        if args.get("serviceId") is None:
            return environment
        return self._world.instance(caller, environment["id"], args["serviceId"])

    def _write(self, holder: Node, values: Node) -> None:
        """A sealed variable takes a new value and stays sealed."""
        for name, value in values.items():
            if not isinstance(value, str):
                raise RefusedError(f"Invalid value of variable {name}")
            sealed = name in holder["variables"] and holder["variables"][name]["isSealed"]
            holder["variables"][name] = held(self._store, holder, value, sealed=sealed)

    def _written(self, holder: Node, *, skip: bool) -> bool:
        """Deploy what reads them, which fails after the fact where nothing was deployed before."""
        if not skip and not self._deployments.repeat(holder) and holder["kind"] == "instance":
            raise RefusedError(NO_SNAPSHOT)
        return True
