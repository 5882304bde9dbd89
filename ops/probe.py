"""Wait until every service is healthy, and fail fast with the reason when one never will be.

The engine alone cannot be trusted with this: a container that did not become healthy in time stays in its
state, a refresh clears the memory of that, and the next `up` reports no changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ops.hosts import Container, NodeError, State, logs, survey
from ops.stack import Stack

POLL_SECONDS = 1.0
RESTARTS_GIVEN_UP_AT = 3
"""A container that restarts this often while somebody waits for it is in a crash loop. Those of before do not
count: an agent ends and is started again whenever its server begins anew."""

GONE_GRACE_SECONDS = 10.0
"""A node may miss one look, and a container is away while it is replaced; what is away for longer is lost."""

GONE = frozenset({State.MISSING, State.UNREACHABLE, State.DOCKER_FAILED})


@dataclass
class NotHealthyError(Exception):
    """Services that are not healthy, with the last lines that each printed."""

    containers: tuple[Container, ...]
    last_lines: dict[str, str]

    def __str__(self) -> str:
        """One paragraph a service."""
        paragraphs = []
        for container in self.containers:
            said = "\n".join(f"  | {line}" for line in self.last_lines.get(container.name, "").splitlines())
            paragraphs.append(
                f"{container.name}: must be healthy, got {container.state} {container.detail}\n{said}"
            )
        return "\n".join(paragraphs)


def wait_healthy(
    stack: Stack, *, timeout_seconds: float, look: Callable[[Stack], list[Container]] = survey
) -> list[Container]:
    """Wait until all expected services are healthy.

    Raises:
        NotHealthyError: A service stopped, loops, stays away, or is not healthy in time.
    """
    deadline = time.monotonic() + timeout_seconds
    gone_since: dict[str, float] = {}
    restarts: dict[str, int] = {}
    while True:
        found = look(stack)
        # A smaller count than before means another container, or one that was restarted by hand.
        restarts = {item.name: min(restarts.get(item.name, item.restarts), item.restarts) for item in found}
        waiting = [container for container in found if not container.state.good]
        if not waiting:
            return found
        now = time.monotonic()
        gone_since = {item.name: gone_since.get(item.name, now) for item in waiting if item.state in GONE}
        lost = [
            item
            for item in waiting
            if _lost(
                item,
                gone_seconds=now - gone_since.get(item.name, now),
                restarts=item.restarts - restarts[item.name],
            )
        ]
        if lost or now > deadline:
            raise NotHealthyError(tuple(lost or waiting), _last_lines(stack, lost or waiting))
        time.sleep(POLL_SECONDS)


def _lost(container: Container, *, gone_seconds: float, restarts: int) -> bool:
    stopped = container.state is State.STOPPED
    return stopped or restarts >= RESTARTS_GIVEN_UP_AT or gone_seconds > GONE_GRACE_SECONDS


def _last_lines(stack: Stack, containers: list[Container]) -> dict[str, str]:
    lines = {}
    for container in containers:
        if container.state not in GONE:
            try:
                lines[container.name] = logs(stack.nodes[container.node], container.name)
            except NodeError as error:
                lines[container.name] = error.said
    return lines
