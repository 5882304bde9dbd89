"""What Railway does in its own way, and in different ways in different accounts."""

from __future__ import annotations

import pytest

from components.railway import errors
from lab.fakes.railway.behaviour import FanOut
from tests.unit.components.railway.stack import Stack, steps
from tests.unit.components.railway.world import World


def test_a_health_check_that_is_refused_before_the_first_deployment_comes_after_it(
    world: World,
) -> None:
    Stack().up(world.client(), steps())

    (instance,) = world.fake.alive("instance")

    assert (instance["healthcheckPath"], instance["healthcheckTimeout"]) == ("/health", 300)


def test_a_health_check_comes_at_once_where_it_may(world: World) -> None:
    world.fake.behaviour.refuses_early_health_check = False

    Stack().up(world.client(), steps())

    assert world.wire.mutations.count("UpdateServiceInstance") == 1


def test_a_setting_is_cleared_where_null_does_not_clear_it(world: World) -> None:
    world.fake.behaviour.null_clears = False
    stack = Stack()
    stack.up(world.client(), steps(settings={"start_command": "serve"}))

    stack.up(world.client(), steps(settings={"health_path": "", "start_command": ""}))

    (instance,) = world.fake.alive("instance")
    assert (instance["healthcheckPath"], instance["startCommand"]) == (None, None)


def test_a_service_without_an_instance_is_given_one(world: World) -> None:
    world.fake.behaviour.instances = FanOut.NONE

    Stack().up(world.client(), steps())

    assert world.wire.mutations.count("CommitPatch") == 2
    assert world.counts()["service"] == 1


def test_a_service_that_gets_no_instance_is_an_error(world: World) -> None:
    world.fake.behaviour.instances, world.fake.behaviour.repairs_instances = FanOut.NONE, False

    with pytest.raises(errors.RefusedError, match="redis must have an instance in its environment, got none"):
        Stack().up(world.client(), steps())


def test_a_region_that_railway_does_not_tell_is_taken_as_declared(world: World) -> None:
    world.fake.behaviour.shows_region = False
    stack = Stack()
    stack.up(world.client(), steps())

    assert stack.refresh(world.client(), steps()) == []
    assert stack.up(world.client(), steps(settings={"region": "us-west2"})) == [
        "update settings",
        "update deployment",
    ]
    (instance,) = world.fake.alive("instance")
    assert instance["region"] == "us-west2"


def test_a_label_that_somebody_else_has_is_an_error(world: World) -> None:
    world.fake.behaviour.taken_labels.add("aiswarm-router")

    with pytest.raises(
        errors.RefusedError, match=r"aiswarm-router\.up\.railway\.app must be free, got it taken"
    ):
        Stack().up(world.client(), steps())


def test_a_service_that_sleeps_runs(world: World) -> None:
    stack, declared = Stack(), steps(settings={"sleeps": True})
    stack.up(world.client(), declared)
    world.fake.clock.sleep(3600)
    assert world.fake.alive("deployment")[-1]["status"] == "SLEEPING"

    assert stack.refresh(world.client(), declared) == []
    assert stack.up(world.client(), declared) == []
