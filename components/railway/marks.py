"""Two variables of our own in each service: what Railway would otherwise not let anybody find out.

A sealed value cannot be read back, and a deployment does not say which values it runs with. So a keyed digest
stands beside the sealed values, and the id of the last deployment of ours that came to run stands there until
anything is changed. An `up` that was broken off between two calls goes on from there.
"""

from __future__ import annotations

from typing import Any

from components.model.cloud_variables import MARKS
from components.railway.client import RailwayClient
from components.railway.values import Props

SEALED_VERSION = f"{MARKS}SEALED_VERSION"
DEPLOYED = f"{MARKS}DEPLOYED"


def variables(api: RailwayClient, props: Props) -> dict[str, Any]:
    """The service's variables as they were written; those without value are sealed."""
    found = api.execute("Variables", **ids(props))
    return dict(found)


def upsert(api: RailwayClient, props: Props, values: dict[str, str], *, replace: bool = False) -> None:
    """Write variables without a deployment.

    Args:
        replace: Whether all others are deleted; otherwise they are left alone.
    """
    given = {**ids(props), "variables": values, "replace": replace, "skipDeploys": True}
    api.execute("UpsertVariables", input=given)


def forget_deployment(api: RailwayClient, props: Props) -> None:
    """Note that what runs is about to differ from what is written: before every change."""
    if variables(api, props).get(DEPLOYED):
        upsert(api, props, {DEPLOYED: ""})


def ids(props: Props) -> dict[str, Any]:
    """What names a service in an environment."""
    return {
        "projectId": props["project_id"],
        "environmentId": props["environment_id"],
        "serviceId": props["service_id"],
    }


def written_at(api: RailwayClient) -> str:
    """Something that differs from change to change, and says when it was."""
    return f"{api.clock.now():.6f}"
