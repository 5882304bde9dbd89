"""One deployment from its start until it runs, or an error that says why it does not."""

from __future__ import annotations

from typing import Any, NoReturn

from components.railway import reads
from components.railway.client import RailwayClient
from components.railway.errors import DeploymentError, NotFoundError
from components.railway.values import Props

RUNNING = {"SUCCESS", "SLEEPING"}
LOG_LINES = 40
DEADLINE_SECONDS = 900.0
"""With the health check's usual 300 s; a longer one has as much more."""

_BEGIN_SECONDS = 600.0
"""Until an image is pulled and its program started."""

STUCK_SECONDS = 300.0
"""In a status in which nothing has begun yet; such a deployment was seen to stay there for good."""

_FAILED = {"FAILED", "CRASHED"}
_REPLACED = {"SKIPPED", "REMOVED", "REMOVING"}
_NOT_BEGUN = {"INITIALIZING", "QUEUED", "WAITING"}


class Rollout:
    """A deployment of one service, and of those that take its place while it is waited for."""

    def __init__(self, api: RailwayClient, props: Props) -> None:
        self._api, self._name = api, str(props["service"])
        health = float(props["settings"].get("health_timeout_seconds") or 0)
        self._patience = max(DEADLINE_SECONDS, _BEGIN_SECONDS + health)
        self._ids = {"environmentId": props["environment_id"], "serviceId": props["service_id"]}

    def run(self) -> str:
        """Deploy and wait; the id of the deployment that runs.

        Raises:
            DeploymentError: None does. It has the last lines of the log.
        """
        deadline = self._api.clock.now() + self._patience
        for _ in range(2):
            id_ = self._start()
            reached = self._wait(id_, deadline)
            if reached is not None:
                return reached
            # Railway never began it. Cancelled and started anew, it usually does.
            reads.delete(self._api, "CancelDeployment", id=id_)
        return self._fail(id_, f"must begin within {STUCK_SECONDS:.0f} s, got stuck twice")

    def _start(self) -> str:
        before = self._latest()

        def find() -> str | None:
            latest = self._latest()
            return latest["id"] if latest and (before is None or latest["id"] != before["id"]) else None

        return self._api.create_once(find, lambda: str(self._api.execute_once("Deploy", **self._ids)))

    def _latest(self) -> reads.Node | None:
        found = reads.instance(self._api, str(self._ids["environmentId"]), str(self._ids["serviceId"]))
        return found["latestDeployment"] if found else None

    def _wait(self, id_: str, deadline: float) -> str | None:
        """Wait until it runs; None when it does not begin.

        Raises:
            DeploymentError: It failed, or nothing more is to be expected of it.
        """
        begun_by = self._api.clock.now() + STUCK_SECONDS
        current = id_

        def settled() -> str | None:
            nonlocal current
            status = self._status(current)
            if status in RUNNING:
                return status
            if status in _REPLACED:
                current = self._successor(current, status)
            elif status in _FAILED:
                self._fail(current, f"must come to run, got {status}")
            elif status == "NEEDS_APPROVAL":
                self._fail(current, "must be approved by somebody in Railway's dashboard, then `up` again")
            stuck = status in _NOT_BEGUN and self._api.clock.now() >= begun_by
            return "stuck" if stuck else None

        reached = self._api.poll(settled, deadline - self._api.clock.now())
        if reached is None:
            self._fail(current, f"must run within {self._patience:.0f} s, got {self._status(current)}")
        return None if reached == "stuck" else current

    def _status(self, id_: str) -> str:
        """Its status; a new deployment may not be found at once."""

        def read() -> str | None:
            try:
                return str(self._api.execute("Deployment", id=id_)["status"])
            except NotFoundError:
                return None

        found = self._api.poll(read, 30)
        if found is None:
            self._fail(id_, "must be there once it was started, got nothing")
        return found

    def _successor(self, id_: str, status: str) -> str:
        """The deployment that took its place: it has the same settings, so it will do."""
        latest = self._latest()
        if latest is None or latest["id"] == id_:
            self._fail(id_, f"must come to run, got {status} and none in its place")
        return str(latest["id"])

    def _fail(self, id_: str, why: str) -> NoReturn:
        lines = self._log("DeploymentLogs", id_) or self._log("BuildLogs", id_)
        shown = "".join(f"\n  {self._api.masks.hide(line)}" for line in lines[-LOG_LINES:])
        log = f"; its log ends with{shown}" if shown else "; it has no log"
        raise DeploymentError("Deploy", f"{self._name} (deployment {id_}) {why}{log}")

    def _log(self, operation: str, id_: str) -> list[str]:
        found: list[dict[str, Any]] = self._api.execute(operation, deploymentId=id_, limit=LOG_LINES)
        return [line for entry in found for line in str(entry["message"]).splitlines()]
