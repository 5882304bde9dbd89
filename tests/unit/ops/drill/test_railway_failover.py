"""The drill of Railway's failover: what it asks, what it finds, and that it puts everything back."""

from __future__ import annotations

import json

import httpx
import pytest

from components.catalogue.railway import QUESTION_TOKENS, ROUTER_STEP
from components.config.settings import NodeSettings
from ops.drill import railway_failover
from ops.drill.door import ANSWERED_BY, Answer, Clock, Door
from ops.drill.railway_failover import Finding, drill
from tests.unit.components.stacks import settings

ENGINES = {"starlord-vllm-primary", "starlord-vllm-secondary", "thanos-vllm-backup"}
KNOWN = "sk-known"


class Swarm:
    """Containers that run or do not, and a door that answers accordingly."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.commands: list[str] = []
        self.cloud_answers = True
        self.cloud_takes_anything = False
        self.needs_redis = False
        self.gateway_comes_back = True
        self.gateway_is_away = False

    def on_node(self, _: NodeSettings, command: str, **__: object) -> str:
        """Start or stop a container."""
        self.commands.append(command)
        name = command.rsplit(" ", 1)[1]
        (self.away.add if " stop " in command else self.away.discard)(name)
        if name == "oracle-litellm":
            self.gateway_is_away = " stop " in command or not self.gateway_comes_back
        return ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the front door would say."""
        body = json.loads(request.content)
        words = len(body["messages"][0]["content"].split())
        known = request.headers["authorization"] == f"Bearer {KNOWN}"
        if self.needs_redis and "oracle-redis" in self.away:
            return httpx.Response(500)
        if self.gateway_is_away:
            cloud = known and self.cloud_answers
            return (
                httpx.Response(200, headers={ANSWERED_BY: "railway-phi-3"}) if cloud else httpx.Response(503)
            )
        if not known:
            return httpx.Response(401)
        if not self.away >= ENGINES:
            return httpx.Response(200, headers={ANSWERED_BY: "starlord-vllm-primary"})
        if words > QUESTION_TOKENS and not self.cloud_takes_anything:
            return httpx.Response(400)
        return httpx.Response(200 if self.cloud_answers else 503, headers={ANSWERED_BY: ROUTER_STEP})


@pytest.fixture
def swarm(monkeypatch: pytest.MonkeyPatch) -> Swarm:
    made = Swarm()
    monkeypatch.setattr(railway_failover, "on_node", made.on_node)
    for limit in ("OVER_SECONDS", "GATEWAY_SECONDS"):
        monkeypatch.setattr(railway_failover, limit, 0.0)
    monkeypatch.setattr(Clock, "pause", lambda _: None)
    return made


def run(swarm: Swarm) -> list[Finding]:
    client = httpx.Client(
        base_url="https://door.test",
        transport=httpx.MockTransport(swarm.answer),
        headers={"authorization": f"Bearer {KNOWN}"},
    )
    found = settings("prod", railway={"enabled": True})
    return list(drill(found, Door(client, "swarm"), stranger="sk-stranger", say=lambda _: None))


def bad(swarm: Swarm) -> list[tuple[str, str]]:
    found = [(one.step, one.seen) for one in run(swarm) if not one.good]
    assert swarm.away == set(), "something was left stopped"
    return found


def test_everything_holds_and_is_put_back(swarm: Swarm) -> None:
    assert bad(swarm) == []
    stopped = [command.rsplit(" ", 1)[1] for command in swarm.commands if " stop " in command]
    assert set(stopped) == {*ENGINES, "oracle-litellm", "oracle-redis"}


def test_a_cloud_that_does_not_answer_is_found(swarm: Swarm) -> None:
    swarm.cloud_answers = False
    assert [step for step, _ in bad(swarm)] == ["no engine", "no gateway"]


def test_a_request_beyond_the_context_that_went_there_is_found(swarm: Swarm) -> None:
    swarm.cloud_takes_anything = True
    assert bad(swarm) == [("no engine", f"200 by {ROUTER_STEP}")]


def test_a_cloud_that_goes_on_answering_is_no_gateway_that_is_back(swarm: Swarm) -> None:
    swarm.gateway_comes_back = False
    assert bad(swarm) == [
        ("gateway back", "200 by railway-phi-3, 0 requests failed meanwhile"),
        ("no Redis", "10 of 10 failed"),
        ("Redis back", "200 by railway-phi-3, 0 requests failed meanwhile"),
    ]


def test_requests_that_fail_without_redis_are_counted(swarm: Swarm) -> None:
    swarm.needs_redis = True
    assert bad(swarm) == [("no Redis", "10 of 10 failed")]


def test_an_interrupted_drill_puts_everything_back(swarm: Swarm) -> None:
    client = httpx.Client(base_url="https://door.test", transport=httpx.MockTransport(swarm.answer))
    found = settings("prod", railway={"enabled": True})
    steps = drill(found, Door(client, "swarm"), stranger="sk-x", say=lambda _: None)
    with pytest.raises(KeyError, match="authorization"):
        next(steps)
    assert swarm.away == set()


def test_a_broken_connection_is_an_answer_too() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    client = httpx.Client(base_url="https://door.test", transport=httpx.MockTransport(broken))
    assert Door(client, "swarm").ask() == Answer(status=0, by="")
