"""What is on the nodes before any swarm: a vector database on starlord, which is nobody's but its owner's.

It is started over ssh, as its owner would have done, and carries no label of the swarm. Nothing but the lab's
end removes it, so whatever else happens to it was done by the swarm, and tests can tell.
"""

from __future__ import annotations

import json
import shlex
import time
from typing import Any, Final

from components.model.endpoints import QDRANT_NODE, QDRANT_PORT
from lab.nodes.access import ssh
from lab.nodes.model import Action, plan_of
from lab.process import StepError
from lab.steps import Steps

QDRANT: Final = "qdrant"
"""Name of the container and of its volume."""

_READY_SECONDS: Final = 60
_ASK: Final = (
    f"docker exec {QDRANT} /opt/stand-in/bin/python3 -c"
    f" \"import urllib.request as u; u.urlopen('http://127.0.0.1:{QDRANT_PORT}/readyz', timeout=5)\""
)


def ensure_qdrant(steps: Steps, reference: str) -> None:
    """Have the database on its node; one that is there already is left as it is.

    Only another recipe of the lab's own image makes it anew, and its collections stay.

    Raises:
        StepError: The node did not start it, or it does not answer.
    """
    with steps.step("what was there before") as step:
        action = _decide(_inspect(), reference)
        if action is Action.RECREATE:
            ssh(QDRANT_NODE, f"docker rm --force {QDRANT}")
        if action in {Action.CREATE, Action.RECREATE}:
            ssh(QDRANT_NODE, shlex.join(("docker", "run", *arguments(reference))), timeout_seconds=300)
        elif action is Action.START:
            ssh(QDRANT_NODE, f"docker start {QDRANT}")
        _await_ready()
        step.note = action if action is Action.NOTHING else f"{QDRANT} {action}"


def arguments(reference: str) -> tuple[str, ...]:
    """Everything after `docker run`."""
    address = plan_of(QDRANT_NODE).address
    return (
        "--detach",
        f"--name={QDRANT}",
        "--restart=unless-stopped",
        f"--publish={address}:{QDRANT_PORT}:{QDRANT_PORT}",
        f"--volume={QDRANT}:/qdrant/storage",
        "--memory=128m",
        "--memory-swap=128m",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        reference,
    )


def _decide(found: dict[str, Any] | None, reference: str) -> Action:
    if found is None:
        return Action.CREATE
    if found["Config"]["Image"] != reference:
        return Action.RECREATE
    return Action.NOTHING if found["State"]["Running"] else Action.START


def _inspect() -> dict[str, Any] | None:
    listed = ssh(QDRANT_NODE, f"docker ps --all --quiet --filter name=^{QDRANT}$")
    if not listed:
        return None
    return dict(json.loads(ssh(QDRANT_NODE, f"docker inspect {listed}"))[0])


def _await_ready() -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            ssh(QDRANT_NODE, _ASK)
        except StepError as error:
            if time.monotonic() > deadline:
                raise StepError(
                    f"{QDRANT_NODE}: {QDRANT} must answer within {_READY_SECONDS} s, got {error}",
                    hint=f"docker logs {QDRANT}, on the node",
                ) from error
            time.sleep(0.5)
        else:
            return
