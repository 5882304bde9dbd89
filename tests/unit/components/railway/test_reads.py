"""What is gone is made again; what may not be seen is an error that changes nothing."""

from __future__ import annotations

import pytest

from components.railway import errors
from tests.unit.components.railway.stack import Stack, Step, steps
from tests.unit.components.railway.wire import refused
from tests.unit.components.railway.world import World

NAMES = [step.name for step in steps()]
READS = {
    "project": "Project",
    "environment": "Project",
    "service": "Project",
    "volume": "Volumes",
    "variables": "Variables",
    "settings": "ServiceInstance",
    "deployment": "ServiceInstance",
    "domain": "Domains",
}


@pytest.fixture
def stack(world: World) -> Stack:
    """Everything is there."""
    found = Stack()
    found.up(world.client(), steps())
    return found


def only(name: str) -> list[Step]:
    """The one of that name."""
    return [step for step in steps() if step.name == name]


@pytest.mark.parametrize("name", NAMES)
def test_what_may_not_be_seen_is_not_gone(world: World, stack: Stack, name: str) -> None:
    world.wire.faults[READS[name]] = [refused("Not Authorized")]
    before = dict(stack.ids)

    with pytest.raises(errors.NotAuthorizedError):
        stack.refresh(world.client(), only(name))

    assert stack.ids == before


@pytest.mark.parametrize("name", [name for name in NAMES if name != "variables"])
def test_what_is_not_found_is_gone(world: World, stack: Stack, name: str) -> None:
    world.wire.faults[READS[name]] = [refused("Thing not found")]

    assert stack.refresh(world.client(), only(name)) == [f"-{name}"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "settings"])
def test_nothing_is_deleted_that_may_not_be_seen(world: World, stack: Stack, name: str) -> None:
    for operation in ("Project", "ServiceInstance", "DeleteVolume", "DeleteDomain"):
        world.wire.faults[operation] = [refused("Not Authorized")] * 3
    before = dict(stack.ids)

    with pytest.raises(errors.NotAuthorizedError):
        stack.destroy(world.client(), only(name))

    assert stack.ids == before


def test_what_was_deleted_behind_our_back_is_made_again(world: World, stack: Stack) -> None:
    api, ids = world.client(), stack.ids
    api.execute("DeleteDomain", id=ids["domain"])
    api.execute("DeleteVolume", volumeId=ids["volume"])

    assert stack.refresh(api, steps()) == ["-volume", "-domain"]
    assert stack.up(api, steps()) == ["create volume", "create domain"]
    assert stack.refresh(api, steps()) == []


def test_a_service_deleted_behind_our_back_is_made_again_with_all_that_it_had(
    world: World, stack: Stack
) -> None:
    api = world.client()
    api.execute("DeleteService", id=stack.ids["service"])

    stack.refresh(api, steps())
    stack.up(api, steps())

    assert world.counts()["service"] == 1
    assert stack.refresh(api, steps()) == []
