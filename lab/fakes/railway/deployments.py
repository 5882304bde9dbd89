"""Deployments: they take their time, go as they were told to, and write logs."""

from __future__ import annotations

import copy
from typing import Final

from lab.fakes.railway.behaviour import Outcome
from lab.fakes.railway.errors import RefusedError
from lab.fakes.railway.store import Node
from lab.fakes.railway.texts import rendered
from lab.fakes.railway.world import Caller, Resolver, World

RUNNING: Final = ("SUCCESS", "SLEEPING")

_ENDED: Final = (*RUNNING, "FAILED", "CRASHED", "SKIPPED", "REMOVED", "REMOVING")
_WAYS: Final = {
    Outcome.SUCCESS: ["BUILDING", "DEPLOYING", "SUCCESS"],
    Outcome.FAILED: ["BUILDING", "FAILED"],
    Outcome.CRASHED: ["BUILDING", "DEPLOYING", "CRASHED"],
    Outcome.STUCK: [],
    Outcome.SUPERSEDED: ["SKIPPED"],
    Outcome.NEEDS_APPROVAL: ["NEEDS_APPROVAL"],
}
_LINES: Final = 60
"""Length of a log, so that its last part is not all of it."""


class Deployments:
    """Fields of the root that are about deployments, and what else deploys."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store
        self._store.actions |= {"advance": self._advance, "set_status": self._set_status, "doze": self._doze}

    def fields(self) -> dict[str, Resolver]:
        """By the name of the field."""
        return {
            "deployment": self._read,
            "buildLogs": lambda caller, args: self._log(caller, args, "buildLog"),
            "deploymentLogs": lambda caller, args: self._log(caller, args, "log"),
            "serviceInstanceDeployV2": self._deploy,
            "serviceInstanceRedeploy": self._redeploy,
            "deploymentCancel": self._end,
            "deploymentRemove": self._end,
        }

    def of(self, instance: Node) -> list[Node]:
        """All of an instance, oldest first."""
        return self._store.all(
            "deployment", environmentId=instance["environmentId"], serviceId=instance["serviceId"]
        )

    def wake(self, instance: Node) -> Node | None:
        """The one that answers requests, which such a request wakes; None where none does."""
        found = [each for each in self.of(instance) if each["status"] in RUNNING]
        if not found:
            return None
        if found[-1]["status"] == "SLEEPING":
            self._set_status(found[-1]["id"], "SUCCESS")
        return found[-1]

    def start(self, instance: Node) -> Node:
        """Deploy an instance with what is written now. An unfinished deployment is skipped.

        Raises:
            RefusedError: There is nothing to run.
        """
        if not (instance["source"] or {}).get("image"):
            raise RefusedError("Invalid service: it has no source to deploy")
        for other in self.of(instance):
            if other["status"] not in _ENDED:
                other["status"] = "SKIPPED"
        outcome = self._next_outcome(instance)
        hidden = ("id", "kind", "createdAt", "hidden", "variables")
        node = self._store.add(
            "deployment",
            hidden_seconds=self._world.behaviour.deployment_seconds,
            projectId=instance["projectId"],
            environmentId=instance["environmentId"],
            serviceId=instance["serviceId"],
            instanceId=instance["id"],
            status="INITIALIZING",
            outcome=outcome,
            snapshot={
                **copy.deepcopy({key: value for key, value in instance.items() if key not in hidden}),
                "variables": rendered(self._store, instance),
                "mounts": self._mounts(instance),
            },
            buildLog=[f"stand-in: pulling {instance['source']['image']}"],
            log=[],
        )
        if _WAYS[outcome]:
            self._store.later(self._world.behaviour.stage_seconds, "advance", id=node["id"], to=0)
        return node

    def _mounts(self, instance: Node) -> list[str]:
        ids = {key: instance[key] for key in ("environmentId", "serviceId")}
        return [each["mountPath"] for each in self._store.alive("volumeInstance", **ids)]

    def repeat(self, holder: Node) -> bool:
        """Deploy again whatever reads these variables; whether anything was deployed before."""
        if holder["kind"] == "instance":
            instances = [holder]
        else:
            instances = self._store.alive("instance", environmentId=holder["id"])
        deployed = [each for each in instances if self.of(each)]
        for each in deployed:
            self.start(each)
        return bool(deployed)

    def _next_outcome(self, instance: Node) -> Outcome:
        service = self._store.objects["service"][instance["serviceId"]]["name"]
        planned = self._world.behaviour.outcomes.get(service)
        return planned.pop(0) if planned else Outcome.SUCCESS

    def _advance(self, id: str, to: int) -> None:  # noqa: A002 - the field's name
        node = self._store.objects["deployment"][id]
        if node["status"] in _ENDED:
            return
        way = _WAYS[Outcome(node["outcome"])]
        self._set_status(id, way[to])
        if to + 1 < len(way):
            self._store.later(self._world.behaviour.stage_seconds, "advance", id=id, to=to + 1)

    def _set_status(self, id: str, status: str) -> None:  # noqa: A002 - as above
        node = self._store.objects["deployment"][id]
        node["status"] = status
        instance = self._store.objects["instance"][node["instanceId"]]
        if status == "SUCCESS":
            self._replace_others(instance, node)
            node["log"].append("stand-in: nothing runs")
            if node["snapshot"]["sleepApplication"]:
                self._store.later(self._world.behaviour.sleep_seconds, "doze", id=id)
        elif status == "FAILED":
            node["buildLog"] += _noise("pull", "stand-in: the image cannot be pulled")
        elif status == "CRASHED":
            # Programs that fail show what they were given; whoever prints a log must expect that.
            given = [f"{name}={value}" for name, value in sorted(node["snapshot"]["variables"].items())]
            node["log"] += [*_noise("start", "stand-in: the program ended with status 1"), *given]
        elif status == "SKIPPED" and node["outcome"] == Outcome.SUPERSEDED:
            self.start(instance)

    def _replace_others(self, instance: Node, node: Node) -> None:
        for other in self.of(instance):
            if other["id"] != node["id"] and other["status"] in {*RUNNING, "CRASHED"}:
                other["status"] = "REMOVING"
                self._store.later(
                    self._world.behaviour.stage_seconds, "set_status", id=other["id"], status="REMOVED"
                )

    def _doze(self, id: str) -> None:  # noqa: A002 - as above
        node = self._store.objects["deployment"][id]
        if node["status"] == "SUCCESS":
            node["status"] = "SLEEPING"

    def _read(self, caller: Caller, args: Node) -> Node:
        node = self._world.thing(caller, "deployment", args["id"])
        if node["hidden"]:
            raise RefusedError("Deployment not found")
        return node

    def _log(self, caller: Caller, args: Node, which: str) -> list[Node]:
        node = self._world.thing(caller, "deployment", args["deploymentId"])
        lines = node[which][-(args.get("limit") or 500) :]
        return [{"timestamp": node["createdAt"], "severity": "info", "message": line} for line in lines]

    def _deploy(self, caller: Caller, args: Node) -> str:
        instance = self._world.instance(caller, args["environmentId"], args["serviceId"])
        return str(self.start(instance)["id"])

    def _redeploy(self, caller: Caller, args: Node) -> bool:
        instance = self._world.instance(caller, args["environmentId"], args["serviceId"])
        if not self.repeat(instance):
            raise RefusedError("Cannot redeploy without snapshot")
        return True

    def _end(self, caller: Caller, args: Node) -> bool:
        self._world.thing(caller, "deployment", args["id"])["status"] = "REMOVED"
        return True


def _noise(what: str, last: str) -> list[str]:
    return [*(f"{what} {number}" for number in range(_LINES)), last]
