"""Who watches the cards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from policy.rules.watched_card import judge
from tests.policy import given
from tests.policy.cards import MISTRAL, arguments, engine, monitor

ENGINE = engine("e", arguments(MISTRAL, 0.5))
LINE = (
    "e.gpus on node starlord: must be watched on the same host, got no monitor; "
    "add a monitor with the card on that node"
)


def found(*resources: Resource) -> list[str]:
    return [str(problem) for _, problem in judge(resources)]


@pytest.mark.parametrize("service", ["gpu-monitor", "thermal-monitor"])
def test_an_engine_with_a_monitor_beside_it_passes(service: str) -> None:
    assert found(ENGINE, monitor(service)) == []


@pytest.mark.parametrize(
    "others",
    [
        (),
        (given.container(),),
        (monitor(gpus=None),),
        (monitor("documents"),),
        (monitor(labels=Marker.UNKNOWN),),
        (replace(monitor(), provider=given.provider()),),
    ],
    ids=["nobody", "another service", "without the card", "no monitor", "unreadable", "elsewhere"],
)
def test_an_engine_that_nobody_watches_is_refused(others: tuple[Resource, ...]) -> None:
    assert found(ENGINE, *others) == [LINE]


def test_a_stand_in_without_a_card_needs_nobody() -> None:
    assert found(engine("e", arguments(MISTRAL, 0.5), gpus=None)) == []


def test_an_engine_on_a_host_that_is_not_known_is_refused() -> None:
    lost = replace(ENGINE, provider=given.provider(host=Marker.UNKNOWN))
    (line,) = found(lost, replace(monitor(), provider=lost.provider))
    assert "must be watched on the same host, got no monitor" in line
    assert found(engine("e", [], gpus=Marker.UNKNOWN)) == [LINE]
