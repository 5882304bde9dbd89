"""Machines start anew, in order or after a power loss: all services come back with their secrets, unaided."""

from __future__ import annotations

import httpx
import pytest

from ops.hosts import survey
from ops.stack import Stack
from tests.e2e.engine import Engine
from tests.e2e.redis import Redis
from tests.e2e.vault import container_ids, reboot, timed
from tests.e2e.waiting import eventually


def front_door_answers(client: httpx.Client) -> bool:
    """Whether a request comes through, for which four services need their secrets."""
    try:
        return client.get("/v1/models", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("names", "kill"),
    [
        (("oracle",), False),
        (("thanos",), False),
        (("oracle", "thanos"), False),
        (("oracle", "thanos"), True),
    ],
    ids=["oracle", "thanos", "both", "power loss of both"],
)
def test_everything_comes_back(
    engine: Engine, deployed: Stack, front_door: httpx.Client, names: tuple[str, ...], kill: bool
) -> None:
    before = [container_ids(name) for name in names]
    what = f"{' and '.join(names)} {'lost power' if kill else 'restarted'}"
    redis = Redis.of(deployed)

    with timed(f"{what}, until all is healthy again"):
        with timed(f"{what}, until requests are answered again"):
            with timed(f"{what}, until Redis, which starts only with its secret, answers"):
                reboot(names, kill=kill)
                eventually(redis.answers, within_seconds=180, poll_seconds=0.1)
            eventually(lambda: front_door_answers(front_door), within_seconds=180, poll_seconds=0.2)
        eventually(lambda: all(item.state.good for item in survey(deployed)), within_seconds=180)

    assert [container_ids(name) for name in names] == before
    assert redis.accepts_its_password()
    if kill:
        assert engine.run("preview", "--refresh", "--expect-no-changes").status == 0
