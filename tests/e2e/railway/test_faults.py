"""What goes wrong at Railway, as the real engine and its operator see it."""

from __future__ import annotations

import pytest

from lab.fakes.railway.behaviour import Outcome
from lab.fakes.railway.errors import NOT_AUTHORIZED
from lab.fakes.railway.faults import Lost, api_error, gateway_error, no_answer, too_many_requests
from tests.e2e.railway.project import EACH, REFRESH, UP, Project, Start, objects

ALL = "20 unchanged"


def test_wherever_an_up_ends_the_next_one_goes_on(start: Start) -> None:
    """The engine's own state is as it really is then; the client alone is tested at every single call."""
    project = start("test")

    for changes in (1, 1, 1, 2, 2, 3, 3, 4):
        project.railway.crash_after(changes)
        assert project.run(*UP).status != 0
        project.railway.recover()
    project.up()

    assert objects(project.railway) == EACH
    assert {kind: len(project.railway.objects[kind]) for kind in EACH} == EACH  # nothing was ever made twice
    assert project.plan() == {}
    assert ALL in project.refresh()


@pytest.mark.parametrize(
    "fault",
    [
        gateway_error(502, done=True),
        gateway_error(504, done=True),
        no_answer(Lost.DROPPED, done=True),
        too_many_requests(1),
        api_error("Problem processing request", done=True),
    ],
    ids=["502", "504", "dropped", "429", "problem"],
)
def test_lost_answers_make_nothing_twice(start: Start, fault: object) -> None:
    project = start("test")
    for name in ("CreateProject", "CreateService", "CreateVolume", "Deploy", "CreateDomain", "CommitPatch"):
        project.railway.fail(name, fault)  # type: ignore[arg-type]  # pytest has the parameter as an object

    project.up()

    assert objects(project.railway) == EACH
    assert len(project.railway.alive("deployment")) == 2
    assert project.plan() == {}


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.FAILED, "must come to run, got FAILED; its log ends with"),
        (Outcome.CRASHED, "must come to run, got CRASHED; its log ends with"),
        (Outcome.NEEDS_APPROVAL, "must be approved by somebody in Railway's dashboard"),
    ],
)
def test_a_deployment_that_does_not_run_says_why_and_is_tried_again(
    start: Start, outcome: Outcome, words: str
) -> None:
    project = start("test")
    project.railway.behaviour.outcomes["router"] = [outcome]

    answer = project.run(*UP)

    assert answer.status != 0
    assert words in answer.text
    for value in project.secrets():
        assert value not in answer.text
    if outcome is Outcome.CRASHED:
        assert "KEY=***" in answer.text
    project.up()
    assert project.plan() == {}
    assert ALL in project.refresh()


def test_a_deployment_that_somebody_overtook_is_no_failure(start: Start) -> None:
    project = start("test")
    project.railway.behaviour.outcomes["router"] = [Outcome.SUPERSEDED]

    project.up()

    assert project.plan() == {}
    assert ALL in project.refresh()


def test_a_token_of_the_wrong_kind_is_named(project: Project) -> None:
    found = project.railway
    (environment,) = found.alive("environment")
    token = found.project_token(environment["projectId"], environment["id"])
    before, changes = project.ids(), len(found.changes)

    answer = project.run(*REFRESH, access={**project.access, "RAILWAY_API_TOKEN": token})

    assert answer.status != 0
    assert "RAILWAY_API_TOKEN must be a workspace token" in answer.text
    assert "got a project's token, which can neither create projects nor see others" in answer.text
    assert token not in answer.text
    assert project.ids() == before
    assert len(found.changes) == changes


def test_what_may_not_be_seen_empties_no_state(project: Project) -> None:
    before = project.ids()
    project.railway.fail("*", api_error(NOT_AUTHORIZED), times=1000)

    assert project.run(*REFRESH).status != 0

    project.railway.recover()
    assert project.ids() == before
    assert project.plan() == {}


def test_what_was_deleted_behind_our_back_comes_again(project: Project) -> None:
    (service,) = (each for each in project.railway.alive("service") if each["name"] == "router")
    project.by_hand("DeleteService", id=service["id"])

    project.refresh()
    project.up()

    assert objects(project.railway) == EACH
    assert project.plan() == {}
    assert ALL in project.refresh()


def test_staged_changes_of_a_person_stop_a_change_that_would_deploy_them(project: Project) -> None:
    (environment,) = project.railway.alive("environment")
    project.railway.stage(environment["id"])
    project.describe_epochs({"router-key": 2})

    answer = project.run(*UP)

    assert answer.status != 0
    assert "environment production must have no staged changes, got 1; deploy or discard them" in answer.text
    assert environment["staged"]
