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
    assert stack.up(api, steps()) == ["create volume", "update deployment", "create domain"]
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


@pytest.mark.parametrize("hides_gone", [False, True])
def test_a_project_deleted_behind_our_back_is_made_again_where_railway_says_so(
    world: World, stack: Stack, hides_gone: bool
) -> None:
    """Where it only says that nobody may see it, the state stays: that could be a token of somebody else."""
    api, before = world.client(), dict(stack.ids)
    api.execute("DeleteProject", id=before["project"])
    world.fake.clock.sleep(60)
    world.fake.behaviour.hides_gone = hides_gone

    if hides_gone:
        with pytest.raises(errors.NotAuthorizedError, match="there is no such thing"):
            stack.refresh(api, steps())
        assert stack.ids == before
        return
    assert stack.refresh(api, steps()) == [f"-{name}" for name in NAMES]
    stack.up(api, steps())

    assert set(world.counts().values()) == {1}
    assert stack.refresh(api, steps()) == []


def test_a_deployment_that_somebody_removed_is_made_again(world: World, stack: Stack) -> None:
    api = world.client()
    api.execute("RemoveDeployment", id=stack.outs["deployment"]["deployment_id"])

    assert stack.refresh(api, steps()) == ["-deployment"]
    assert stack.up(api, steps()) == ["create deployment"]
    assert stack.refresh(api, steps()) == []


def test_a_deployment_by_hand_is_nobodys_drift(world: World, stack: Stack) -> None:
    ids = {key: stack.outs["deployment"][key] for key in ("environment_id", "service_id")}
    newer = world.fake.deploy(**ids)
    world.fake.clock.sleep(60)

    stack.refresh(world.client(), steps())

    assert stack.outs["deployment"]["deployment_id"] == newer
    assert stack.up(world.client(), steps()) == []
