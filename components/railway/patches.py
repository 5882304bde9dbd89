"""Changes of an environment's configuration as a whole, for what has no mutation of its own."""

from __future__ import annotations

from typing import Any

from components.railway.client import RailwayClient
from components.railway.errors import RailwayError, RefusedError

_WORKFLOW_SECONDS = 120.0
_UNSEEN_SECONDS = 10.0
"""How long a workflow that was just started may be unknown."""


def commit_patch(
    api: RailwayClient, *, project_id: str, environment_id: str, patch: dict[str, Any], message: str
) -> None:
    """Apply a patch, all of it or nothing, and wait until it is done.

    Raises:
        RefusedError: Somebody has staged changes in the dashboard, which a commit could carry along.
        RailwayError: Railway could not apply it.
    """
    with api.changing(environment_id):
        environment = api.execute("Environment", id=environment_id, projectId=project_id)
        if staged := environment["unmergedChangesCount"]:
            raise RefusedError(
                "CommitPatch",
                f"environment {environment['name']} must have no staged changes, got {staged}; deploy or "
                "discard them in Railway's dashboard",
            )
        workflow = api.execute(
            "CommitPatch", environmentId=environment_id, patch=patch, message=f"aiswarm: {message}"
        )
        _await(api, str(workflow))


def _await(api: RailwayClient, workflow_id: str) -> None:
    """Wait for the workflow, should the answer be the id of one.

    That it is one is known of staged changes only, so an unknown id is no error: whoever commits a patch
    reads afterwards what became of it.
    """
    seen_by = api.clock.now() + _UNSEEN_SECONDS

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = api.execute("Workflow", workflowId=workflow_id)
        waiting = found["status"] == "Running" or (
            found["status"] == "NotFound" and api.clock.now() < seen_by
        )
        return None if waiting else found

    found = api.poll(ended, _WORKFLOW_SECONDS)
    if found is None:
        raise RailwayError("CommitPatch", f"must be done within {_WORKFLOW_SECONDS:.0f} s, got no end")
    if found["status"] == "Error":
        raise RailwayError("CommitPatch", f"failed: {api.masks.hide(str(found['error']))}")
