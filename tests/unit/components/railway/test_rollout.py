"""A deployment that does not come to run says why, and what it wrote last."""

from __future__ import annotations

import contextlib

import pytest

from components.railway import errors
from components.railway.rollout import DEADLINE_SECONDS, STUCK_SECONDS
from lab.fakes.railway.behaviour import Outcome
from tests.unit.components.railway.stack import Stack, steps
from tests.unit.components.railway.wire import altered, answered, passed, refused
from tests.unit.components.railway.world import World

UNTIL_DEPLOYED = steps()[:-1]


def statuses(world: World, *names: str) -> None:
    """What Railway says of any deployment from now on; the last status stays."""
    most = 400
    faults = [answered({"id": "any", "status": name}) for name in names]
    world.wire.faults["Deployment"] = faults + faults[-1:] * most


def up(world: World) -> Stack:
    stack = Stack()
    stack.up(world.client(), UNTIL_DEPLOYED)
    return stack


def log(world: World, lines: int, operation: str = "DeploymentLogs") -> None:
    entries = [{"timestamp": "t", "message": f"line {number}"} for number in range(lines)]
    world.wire.faults[operation] = [answered(entries)]


@pytest.mark.parametrize("status", ["SUCCESS", "SLEEPING"])
def test_it_is_waited_for(world: World, status: str) -> None:
    statuses(world, "INITIALIZING", "QUEUED", "BUILDING", "DEPLOYING", status)

    stack = up(world)

    assert stack.outs["deployment"]["deployment_id"]
    assert 0 < sum(world.time.slept) < 30


@pytest.mark.parametrize("status", ["FAILED", "CRASHED"])
def test_a_failure_shows_the_last_lines_of_the_log(world: World, status: str) -> None:
    statuses(world, "BUILDING", status)
    log(world, 60)

    with pytest.raises(errors.DeploymentError) as raised:
        up(world)

    lines = str(raised.value).splitlines()
    assert f"must come to run, got {status}; its log ends with" in lines[0]
    assert lines[1:] == [f"  line {number}" for number in range(20, 60)]


def test_a_build_that_failed_shows_the_log_of_the_build(world: World) -> None:
    statuses(world, "FAILED")
    log(world, 0)
    log(world, 3, "BuildLogs")

    with pytest.raises(errors.DeploymentError, match="line 2"):
        up(world)


def test_no_secret_is_shown_in_a_log(world: World) -> None:
    statuses(world, "CRASHED")
    world.wire.faults["DeploymentLogs"] = [
        answered([{"timestamp": "t", "message": "login sesame-open failed"}])
    ]

    with pytest.raises(errors.DeploymentError) as raised:
        up(world)

    assert "login *** failed" in str(raised.value)
    assert "sesame" not in str(raised.value)


def test_one_that_needs_approval_says_who_has_to_act(world: World) -> None:
    statuses(world, "NEEDS_APPROVAL")

    with pytest.raises(errors.DeploymentError, match="must be approved by somebody in Railway's dashboard"):
        up(world)


def test_one_that_never_begins_is_cancelled_and_started_once_more(world: World) -> None:
    statuses(world, "INITIALIZING")

    with pytest.raises(errors.DeploymentError, match="got stuck twice"):
        up(world)

    assert world.wire.mutations.count("Deploy") == 2
    assert world.wire.mutations.count("CancelDeployment") == 2
    assert 2 * STUCK_SECONDS <= sum(world.time.slept) < 2 * STUCK_SECONDS + 60


def test_one_that_begins_the_second_time_is_good(world: World) -> None:
    world.fake.behaviour.outcomes["redis"] = [Outcome.STUCK]

    stack = up(world)

    assert world.wire.mutations.count("Deploy") == 2
    assert [each["status"] for each in world.fake.alive("deployment")] == ["REMOVED", "SUCCESS"]
    assert stack.refresh(world.client(), UNTIL_DEPLOYED) == []


@pytest.mark.parametrize(
    "outcome", [Outcome.FAILED, Outcome.CRASHED, Outcome.NEEDS_APPROVAL, Outcome.SUPERSEDED]
)
def test_an_update_whose_deployment_does_not_run_is_finished_by_the_next_up(
    world: World, outcome: Outcome
) -> None:
    stack = up(world)
    world.fake.behaviour.outcomes["redis"] = [outcome]
    newer = steps(settings={"start_command": "serve"})[:-1]
    with contextlib.suppress(errors.DeploymentError):
        stack.up(world.client(), newer)

    stack.up(world.client(), newer)

    latest = world.fake.alive("deployment")[-1]
    assert (latest["status"], latest["snapshot"]["startCommand"]) == ("SUCCESS", "serve")
    assert stack.refresh(world.client(), newer) == []
    assert stack.up(world.client(), newer) == []


def test_nobody_waits_for_ever(world: World) -> None:
    statuses(world, "BUILDING")

    with pytest.raises(errors.DeploymentError, match="must run within 900 s, got BUILDING"):
        up(world)

    assert DEADLINE_SECONDS <= sum(world.time.slept) < DEADLINE_SECONDS + 60


def test_a_service_that_takes_long_to_become_healthy_is_given_that_time(world: World) -> None:
    statuses(world, "DEPLOYING")

    with pytest.raises(errors.DeploymentError, match="must run within 1500 s, got DEPLOYING"):
        Stack().up(world.client(), steps(settings={"health_timeout_seconds": 900})[:-1])

    assert 1500 <= sum(world.time.slept) < 1560


@pytest.mark.parametrize("status", ["SKIPPED", "REMOVED"])
def test_the_one_that_takes_its_place_will_do(world: World, status: str) -> None:
    stack = Stack()
    stack.up(world.client(), steps()[:-2])
    statuses(world, status, "SUCCESS")
    newer = altered(latestDeployment={"id": "newer", "status": "BUILDING"})
    world.wire.faults["ServiceInstance"] = [passed, passed, newer]

    stack.up(world.client(), UNTIL_DEPLOYED)

    assert stack.outs["deployment"]["deployment_id"] == "newer"


def test_one_that_was_removed_is_an_error(world: World) -> None:
    statuses(world, "REMOVED")

    with pytest.raises(errors.DeploymentError, match="got REMOVED and none in its place"):
        up(world)


def test_a_failed_deployment_is_tried_again_by_the_next_up(world: World) -> None:
    statuses(world, "FAILED")
    stack = Stack()
    with pytest.raises(errors.DeploymentError):
        stack.up(world.client(), UNTIL_DEPLOYED)
    world.wire.faults["Deployment"].clear()
    world.wire.forget()

    assert stack.up(world.client(), UNTIL_DEPLOYED) == ["create deployment"]
    assert world.wire.mutations == ["Deploy", "UpdateServiceInstance", "UpsertVariables"]


def test_one_that_cannot_be_found_yet_is_waited_for(world: World) -> None:
    world.wire.faults["Deployment"] = [refused("Deployment not found")] * 2

    assert up(world).outs["deployment"]["deployment_id"]
