"""Nothing is ever made twice, wherever an `up` was killed and whichever answer was lost."""

from __future__ import annotations

import contextlib

import pytest

from lab.fakes.railway.behaviour import FanOut
from tests.unit.components.railway.stack import Stack, steps
from tests.unit.components.railway.wire import Crash, Fault, lost, timed_out
from tests.unit.components.railway.world import World

ALL = [f"create {step.name}" for step in steps()]
ONE_OF_EACH = {"project": 1, "environment": 1, "service": 1, "volume": 1, "domain": 1}

ORDER = [
    "CreateProject",
    "CreateService",
    "CreateVolume",
    "CommitPatch",
    "UpsertVariables",
    "UpdateServiceInstance",  # refused, because a service that never ran may have no health check
    "UpdateServiceInstance",
    "UpdateServiceLimits",
    "Deploy",
    "UpdateServiceInstance",
    "UpsertVariables",
    "CreateDomain",
    "UpdateDomain",
]


def test_nothing_runs_before_everything_is_written(world: World) -> None:
    assert Stack().up(world.client(), steps()) == ALL

    assert world.wire.mutations == ORDER
    assert world.counts() == ONE_OF_EACH


def test_a_second_up_asks_nothing(world: World) -> None:
    stack = Stack()
    stack.up(world.client(), steps())
    world.wire.forget()

    assert stack.up(world.client(), steps()) == []
    assert world.wire.calls == []


def test_a_refresh_finds_no_change(world: World) -> None:
    stack = Stack()
    stack.up(world.client(), steps())

    assert stack.refresh(world.client(), steps()) == []


def test_a_stack_that_forgot_everything_changes_nothing(world: World) -> None:
    first, second = Stack(), Stack()
    first.up(world.client(), steps())
    world.wire.forget()

    assert second.up(world.client(), steps()) == ALL

    assert world.wire.mutations == []
    assert second.ids == first.ids


def calls_of_a_create(world: World) -> int:
    Stack().up(world.client(), steps())
    return len(world.wire.calls)


MOST_CALLS = 75
"""More than a create takes; a test says so when that changes."""


def test_every_call_of_a_create_is_a_place_to_be_killed_at(world: World) -> None:
    assert calls_of_a_create(world) < MOST_CALLS


@pytest.mark.parametrize("calls", range(MOST_CALLS))
def test_an_up_that_was_killed_is_taken_up(world: World, calls: int) -> None:
    stack, api = Stack(), world.client()
    world.wire.crash_after = calls
    killed = False
    try:
        stack.up(api, steps())
    except Crash:
        killed = True
    before = list(world.wire.mutations)
    world.wire.forget()

    stack.up(world.client(), steps())

    assert world.counts() == ONE_OF_EACH
    assert killed or world.wire.mutations == []
    repeated = [name for name in world.wire.mutations if name in before and name.startswith("Create")]
    assert repeated == []
    world.wire.forget()
    assert Stack().up(world.client(), steps()) == ALL
    assert world.wire.mutations == []


@pytest.mark.parametrize("calls", range(0, MOST_CALLS, 2))
@pytest.mark.parametrize("instances", [FanOut.GIVEN, FanOut.NONE])
def test_it_is_taken_up_where_names_are_not_unique_either(
    world: World, instances: FanOut, calls: int
) -> None:
    world.fake.behaviour.unique_names = False
    world.fake.behaviour.instances = instances
    stack, api = Stack(), world.client()
    world.wire.crash_after = calls
    with contextlib.suppress(Crash):
        stack.up(api, steps())

    stack.up(world.client(), steps())

    assert {kind: len(world.fake.objects[kind]) for kind in ONE_OF_EACH} == ONE_OF_EACH


@pytest.mark.parametrize("calls", range(0, 60, 2))
def test_a_destroy_that_was_killed_is_taken_up(world: World, calls: int) -> None:
    stack = Stack()
    stack.up(world.client(), steps())
    world.wire.forget()
    api = world.client()
    world.wire.crash_after = calls
    with contextlib.suppress(Crash):
        stack.destroy(api, steps())

    stack.destroy(world.client(), steps())

    assert set(world.counts().values()) == {0}


LOSSES: dict[str, Fault] = {"502": lost(502), "504": lost(504), "timeout": timed_out}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("operation", sorted(set(ORDER)))
def test_what_was_done_although_its_answer_was_lost_is_not_done_again(
    world: World, operation: str, loss: str
) -> None:
    world.wire.faults[operation] = [LOSSES[loss]]

    assert Stack().up(world.client(), steps()) == ALL

    assert world.counts() == ONE_OF_EACH
    if operation.startswith(("Create", "Deploy")):
        assert world.wire.mutations.count(operation) == 1


def test_destroy_leaves_nothing(world: World) -> None:
    stack = Stack()
    stack.up(world.client(), steps())

    stack.destroy(world.client(), steps())

    assert set(world.counts().values()) == {0}


@pytest.mark.parametrize(
    "operation", ["DeleteProject", "DeleteService", "DeleteVolume", "DeleteDomain", "RemoveDeployment"]
)
def test_a_deletion_whose_answer_was_lost_is_one(world: World, operation: str) -> None:
    stack = Stack()
    stack.up(world.client(), steps())
    world.wire.faults[operation] = [lost(504)]

    stack.destroy(world.client(), steps())

    assert set(world.counts().values()) == {0}
