"""Deployments: their way, their end, and their logs."""

from __future__ import annotations

import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.behaviour import Outcome
from tests.unit.lab.fakes.railway.person import IMAGE, Person


@pytest.fixture
def ready(person: Person) -> str:
    """A service with an image."""
    id_ = person.service()
    person.set(id_, source={"image": IMAGE})
    return id_


def lines(person: Person, which: str, deployment: str, limit: int = 40) -> list[str]:
    document = f"query($id: String!, $n: Int) {{ {which}(deploymentId: $id, limit: $n) {{ message }} }}"
    return [each["message"] for each in person.ask(document, id=deployment, n=limit)]


def plan(fake: FakeRailway, *outcomes: Outcome) -> None:
    fake.behaviour.outcomes["redis"] = list(outcomes)


def test_it_takes_its_time(fake: FakeRailway, person: Person, ready: str) -> None:
    id_ = person.deploy(ready)

    with person.refused("Deployment not found"):
        person.status(id_)
    seen = []
    person.wait(fake.behaviour.deployment_seconds)
    for _ in range(4):
        seen.append(person.status(id_))
        person.wait(fake.behaviour.stage_seconds)
    assert seen == ["INITIALIZING", "BUILDING", "DEPLOYING", "SUCCESS"]
    assert person.instance(ready)["latestDeployment"] == {"id": id_, "status": "SUCCESS"}


def test_what_runs_is_what_was_written_when_it_was_deployed(
    fake: FakeRailway, person: Person, ready: str
) -> None:
    person.write(ready, {"A": "1"})
    person.deploy(ready)
    person.wait()

    person.write(ready, {"A": "2"})

    (deployment,) = fake.alive("deployment")
    assert deployment["snapshot"]["variables"]["A"] == "1"


def test_a_failed_one_has_a_log_of_its_build(fake: FakeRailway, person: Person, ready: str) -> None:
    plan(fake, Outcome.FAILED)
    id_ = person.deploy(ready)
    person.wait()

    assert person.status(id_) == "FAILED"
    found = lines(person, "buildLogs", id_)
    assert (len(found), found[-1]) == (40, "stand-in: the image cannot be pulled")
    assert lines(person, "deploymentLogs", id_) == []


def test_a_crashed_one_prints_what_it_was_given(fake: FakeRailway, person: Person, ready: str) -> None:
    person.write(ready, {"ZZZ": "sesame"})
    plan(fake, Outcome.CRASHED)
    id_ = person.deploy(ready)
    person.wait()

    assert person.status(id_) == "CRASHED"
    assert lines(person, "deploymentLogs", id_)[-1] == "ZZZ=sesame"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(Outcome.STUCK, "INITIALIZING"), (Outcome.NEEDS_APPROVAL, "NEEDS_APPROVAL")],
)
def test_some_never_begin(
    fake: FakeRailway, person: Person, ready: str, outcome: Outcome, status: str
) -> None:
    plan(fake, outcome)
    id_ = person.deploy(ready)
    person.wait(3600)

    assert person.status(id_) == status
    person.ask("mutation($id: String!) { deploymentCancel(id: $id) }", id=id_)
    assert person.status(id_) == "REMOVED"


def test_a_skipped_one_has_a_successor_that_runs(fake: FakeRailway, person: Person, ready: str) -> None:
    plan(fake, Outcome.SUPERSEDED)
    id_ = person.deploy(ready)
    person.wait()

    assert person.status(id_) == "SKIPPED"
    latest = person.instance(ready)["latestDeployment"]
    assert latest["id"] != id_
    assert latest["status"] == "SUCCESS"


def test_a_person_who_deploys_takes_the_place_of_one_that_is_under_way(
    fake: FakeRailway, person: Person, ready: str
) -> None:
    mine = person.deploy(ready)
    theirs = fake.deploy(person.environment, ready)
    person.wait()

    assert (person.status(mine), person.status(theirs)) == ("SKIPPED", "SUCCESS")


def test_the_one_before_is_removed_once_the_next_runs(person: Person, ready: str) -> None:
    first = person.deploy(ready)
    person.wait()
    second = person.deploy(ready)
    assert person.status(first) == "SUCCESS"
    person.wait()

    assert (person.status(first), person.status(second)) == ("REMOVED", "SUCCESS")


def test_one_that_failed_leaves_the_one_before_running(fake: FakeRailway, person: Person, ready: str) -> None:
    first = person.deploy(ready)
    person.wait()
    plan(fake, Outcome.FAILED)
    person.deploy(ready)
    person.wait()

    assert person.status(first) == "SUCCESS"


def test_one_that_may_sleep_does(fake: FakeRailway, person: Person, ready: str) -> None:
    person.set(ready, sleepApplication=True)
    id_ = person.deploy(ready)
    person.wait(fake.behaviour.sleep_seconds)
    assert person.status(id_) == "SUCCESS"

    person.wait(fake.behaviour.sleep_seconds)

    assert person.status(id_) == "SLEEPING"


def test_without_a_source_there_is_nothing_to_deploy(person: Person) -> None:
    id_ = person.service()

    with person.refused("Invalid service"):
        person.deploy(id_)


def test_only_what_was_deployed_can_be_deployed_again(person: Person, ready: str) -> None:
    again = "mutation($e: String!, $s: String!) { serviceInstanceRedeploy(environmentId: $e, serviceId: $s) }"
    with person.refused("Cannot redeploy without snapshot"):
        person.ask(again, e=person.environment, s=ready)
    first = person.deploy(ready)
    person.wait()

    assert person.ask(again, e=person.environment, s=ready) is True
    person.wait()
    assert person.instance(ready)["latestDeployment"]["id"] != first
