"""Who is asked before Railway."""

from __future__ import annotations

import pytest

from policy.rules.own_engines_first import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import GATEWAY_NODE
from tests.policy import given


def judged(routes: object) -> list[str]:
    return RULE.judge(given.other(GATEWAY_NODE, "oracle", {"routes": routes}))


def route(kind: str, order: float) -> given.Props:
    return {"name": f"{kind}-{order:g}", "order": order, "kind": kind}


def cascade(*kinds: str) -> list[given.Props]:
    return [route(kind, float(order)) for order, kind in enumerate(kinds, start=1)]


@pytest.mark.parametrize(
    "kinds",
    [
        ("local",),
        ("local", "remote"),
        ("local", "local", "railway", "remote"),
        ("local", "remote", "railway"),
    ],
)
def test_a_cascade_that_asks_the_swarm_first_passes(kinds: tuple[str, ...]) -> None:
    assert judged(cascade(*kinds)) == []
    assert judged(cascade(*kinds)[::-1]) == []


@pytest.mark.parametrize(
    ("kinds", "last", "number"),
    [(("railway", "local"), "local-2", 1), (("local", "railway", "remote", "local"), "local-4", 2)],
)
def test_railway_before_an_engine_of_the_swarm_is_refused(
    kinds: tuple[str, ...], last: str, number: int
) -> None:
    found = judged(cascade(*kinds))
    assert found[-1] == (
        f"oracle.routes[{number - 1}].order on an unnamed node: must come after {last}, the last engine of "
        f"the swarm, got railway-{number} as number {number}; use Railway as a fallback only"
    )


def test_railway_beside_an_engine_of_the_swarm_is_refused() -> None:
    (found,) = judged([route("local", 1.0), route("railway", 1.0)])
    assert "routes[1].order" in found


@pytest.mark.parametrize("first", ["remote", "railway"])
def test_another_first_choice_is_refused(first: str) -> None:
    found = judged(cascade(first, "local"))[0]
    assert f"must not come before the swarm's own engines, got {first}-1, which is {first}" in found


@pytest.mark.parametrize("routes", [None, [], cascade("railway"), cascade("remote")])
def test_a_gateway_without_an_engine_of_the_swarm_is_refused(routes: object) -> None:
    assert judged(routes) == [
        (
            "oracle.routes on an unnamed node: must hold an engine of the swarm, got none; "
            "show the cascade of the gateway"
        )
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "cloud"},
        {"kind": None},
        {"order": None},
        {"name": None},
        {"kind": Marker.UNKNOWN},
        {"order": "1"},
        {"name": 1.0},
    ],
)
def test_a_route_that_says_too_little_is_refused(change: given.Props) -> None:
    (found,) = judged([{**route("local", 1.0), **change}])
    assert found.startswith(f"oracle.routes[0].{next(iter(change))} on an unnamed node: must be ")


@pytest.mark.parametrize("routes", [Marker.UNKNOWN, "local", [Marker.UNKNOWN]])
def test_what_cannot_be_read_is_refused(routes: object) -> None:
    (found,) = judged(routes)
    assert "that is known at preview" in found
