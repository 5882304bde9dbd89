"""Take away what the router at Railway stands in for, piece by piece, and put everything back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from components.catalogue.oracle import NODE as GATEWAY_NODE
from components.catalogue.railway import QUESTION_TOKENS, ROUTER_STEP
from components.catalogue.swarm import swarm
from components.config.settings import Settings
from components.model.naming import service_name
from components.model.specs import ServiceSpec
from ops.drill.door import Answer, Door
from ops.hosts import on_node

OVER_SECONDS = 60.0
"""Longest time until the router answers, and until the swarm's own services do again."""

GATEWAY_SECONDS = 180.0
"""The same for the gateway, which needs a minute to start."""

ASKED_WITHOUT_CACHE = 10

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that must hold, and what was seen."""

    step: str
    expected: str
    seen: str
    good: bool
    seconds: float | None = None
    """How long it took to hold; None where that is not the question, or it never did."""


def drill(settings: Settings, door: Door, *, stranger: str, say: Say) -> Iterator[Finding]:
    """Run it; whatever happens, everything that was stopped is started again.

    Args:
        stranger: A key that nobody has given out.
    """
    specs = {spec.full_name: spec for specs in swarm(settings).values() for spec in specs}
    engines = [spec for spec in specs.values() if spec.gpu_share]
    gateway = specs[service_name(GATEWAY_NODE, "litellm")]
    redis = specs[service_name(GATEWAY_NODE, "redis")]
    by_engine = by_one_of(engines)

    say("stopping every engine")
    with stopped(settings, engines):
        yield _comes(
            "no engine", door, "the router at Railway answers", holds=by_router, within_seconds=OVER_SECONDS
        )
        yield _too_long(door)
    yield _comes(
        "engines back", door, "an engine of the swarm answers", holds=by_engine, within_seconds=OVER_SECONDS
    )

    say("stopping the gateway")
    with stopped(settings, [gateway]):
        yield _comes(
            "no gateway", door, "the proxy leads to Railway", holds=answered, within_seconds=OVER_SECONDS
        )
        yield _refused(door, stranger)
    yield _comes(
        "gateway back",
        door,
        "an engine of the swarm answers",
        holds=by_engine,
        within_seconds=GATEWAY_SECONDS,
    )

    say("stopping Redis")
    with stopped(settings, [redis]):
        yield _without_cache(door, by_engine)
    yield _comes(
        "Redis back", door, "an engine of the swarm answers", holds=by_engine, within_seconds=OVER_SECONDS
    )


@contextmanager
def stopped(settings: Settings, specs: Sequence[ServiceSpec]) -> Iterator[None]:
    """Stop these containers for a while."""
    nodes = settings.nodes.by_name()
    try:
        for spec in specs:
            on_node(nodes[spec.node], f"docker stop --time 5 {spec.full_name}", timeout_seconds=60)
        yield
    finally:
        for spec in specs:
            on_node(nodes[spec.node], f"docker start {spec.full_name}", timeout_seconds=60)


def answered(answer: Answer) -> bool:
    """Somebody answered."""
    return answer.status == httpx.codes.OK


def by_router(answer: Answer) -> bool:
    """The router at Railway answered, as a step of the cascade."""
    return answered(answer) and answer.by == ROUTER_STEP


def by_one_of(engines: Sequence[ServiceSpec]) -> Callable[[Answer], bool]:
    """One of these answered: whatever else has a name is a step at Railway, or of the router there."""
    names = {spec.full_name for spec in engines}
    return lambda answer: answered(answer) and answer.by in names


def _comes(
    step: str, door: Door, expected: str, *, holds: Callable[[Answer], bool], within_seconds: float
) -> Finding:
    wait = door.until(holds, within_seconds=within_seconds)
    last = f"{wait.last.status} by {wait.last.by or 'nobody named'}"
    seen = f"{last}, {wait.failed} requests failed meanwhile"
    return Finding(
        step=step, expected=expected, seen=seen, good=wait.seconds is not None, seconds=wait.seconds
    )


def _too_long(door: Door) -> Finding:
    """With no engine there is nobody else for it but a paid model: it must neither be cut nor get lost.

    Whether it was sent shows in the proxy's figures alone, and other people's requests are in them, too.
    """
    answer = door.ask(words=QUESTION_TOKENS + 1)
    return Finding(
        step="no engine",
        expected=f"a question of more than {QUESTION_TOKENS} tokens is not answered by Railway",
        seen=f"{answer.status} by {answer.by or 'nobody'}",
        good=answer.status != 0 and answer.by != ROUTER_STEP,
    )


def _refused(door: Door, stranger: str) -> Finding:
    answer = door.ask(key=stranger)
    return Finding(
        step="no gateway",
        expected="a key that nobody gave out opens nothing",
        seen=str(answer.status),
        good=not answered(answer),
    )


def _without_cache(door: Door, by_engine: Callable[[Answer], bool]) -> Finding:
    """Of the gateway on oracle, whose cache it is; the one at Railway has another."""
    answers = [door.ask() for _ in range(ASKED_WITHOUT_CACHE)]
    failed = sum(not by_engine(answer) for answer in answers)
    return Finding(
        step="no Redis",
        expected="engines of the swarm answer without a cache",
        seen=f"{failed} of {len(answers)} failed",
        good=failed == 0,
    )
