"""Projects and environments that are ours, somebody else's, or shared by two stacks."""

from __future__ import annotations

from typing import Any

import pytest

from components.railway import errors
from components.railway.client import RailwayClient
from components.railway.handlers import environment, project
from lab.fakes.railway.fake import WORKSPACE
from tests.unit.components.railway.stack import Stack, steps
from tests.unit.components.railway.wire import answered
from tests.unit.components.railway.world import World


@pytest.fixture
def stack(world: World) -> Stack:
    """Everything is there."""
    found = Stack()
    found.up(world.client(), steps())
    world.wire.forget()
    return found


def make_project(api: RailwayClient, description: str, name: str = "swarm") -> None:
    """As a person makes one."""
    given = {
        "name": name,
        "workspaceId": WORKSPACE,
        "description": description,
        "defaultEnvironmentName": "production",
        "isPublic": True,
        "prDeploys": True,
    }
    api.execute("CreateProject", input=given)


def test_the_project_of_somebody_else_is_not_taken(world: World) -> None:
    api = world.client()
    make_project(api, "ours")

    with pytest.raises(errors.RefusedError, match="write 'managed by aiswarm' at the end of its description"):
        Stack().up(api, steps())

    assert world.counts()["service"] == 0


def test_a_project_that_was_handed_over_is_taken(world: World) -> None:
    api = world.client()
    make_project(api, "Our shop. managed by aiswarm")
    stack = Stack()

    stack.up(api, steps())

    found = api.execute("Project", id=stack.ids["project"])
    assert found["description"] == "Our shop.\nmanaged by aiswarm: production (prod)"
    assert (found["isPublic"], found["prDeploys"]) == (False, False)
    assert world.counts() == {"project": 1, "environment": 1, "service": 1, "volume": 1, "domain": 1}


def test_a_project_that_a_person_filled_is_taken_over_with_all_that_is_in_it(world: World) -> None:
    api = world.client()
    make_project(api, "managed by aiswarm")
    (environment_,) = world.fake.alive("environment")
    place = {"projectId": environment_["projectId"], "environmentId": environment_["id"]}
    service_id = api.execute("CreateService", input={**place, "name": "redis"})["id"]
    world.fake.clock.sleep(30)
    two = {"environmentId": environment_["id"], "serviceId": service_id}
    region = {"us-west2": {"numReplicas": 2}}
    api.execute(
        "UpdateServiceInstance",
        **two,
        input={"source": {"image": "redis:latest"}, "startCommand": "mine", "multiRegionConfig": region},
    )
    ids = {**place, "serviceId": service_id}
    api.execute(
        "UpsertVariables",
        input={**ids, "variables": {"PASSWORD": "readable", "THEIRS": "1"}, "skipDeploys": True},
    )
    api.execute("CreateVolume", input={**ids, "mountPath": "/theirs", "region": "us-east4-eqdc4a"})
    api.execute("CreateDomain", input={**two, "targetPort": 80})
    world.fake.deploy(environment_["id"], service_id)
    world.fake.clock.sleep(60)
    world.wire.forget()

    stack = Stack()
    stack.up(api, steps())

    assert not [name for name in world.wire.mutations if name.startswith("Create")]
    assert set(world.counts().values()) == {1}
    assert stack.ids["service"] == service_id
    (instance,) = world.fake.alive("instance")
    assert (instance["startCommand"], instance["numReplicas"]) == (None, 1)
    assert instance["region"] == "us-east4-eqdc4a"
    assert instance["variables"]["THEIRS"]["value"] == "1"
    assert instance["variables"]["PASSWORD"]["isSealed"]
    assert world.fake.alive("deployment", status="SUCCESS")[-1]["snapshot"]["mounts"] == ["/data"]
    assert stack.refresh(api, steps()) == []


def test_an_environment_of_another_stack_is_not_taken(world: World, stack: Stack) -> None:
    with pytest.raises(
        errors.RefusedError, match="environment production of swarm must be free, got stack prod"
    ):
        Stack().up(world.client(), steps(project={"stack": "other"}))

    assert world.wire.mutations == []
    assert stack.ids


STAGING: dict[str, dict[str, Any]] = {
    "project": {"environment": "staging", "stack": "lab"},
    "environment": {"name": "staging"},
    "variables": {"variables": {"MODE": "staging"}},
    "domain": {"label": "aiswarm-staging"},
}


def test_two_environments_stand_side_by_side(world: World, stack: Stack) -> None:
    api, other = world.client(), Stack()

    other.up(api, steps(**STAGING))

    assert world.counts() == {"project": 1, "environment": 2, "service": 1, "volume": 2, "domain": 2}
    assert stack.refresh(api, steps()) == []
    assert other.refresh(api, steps(**STAGING)) == []

    other.destroy(api, steps(**STAGING))

    assert world.counts() == {"project": 1, "environment": 1, "service": 1, "volume": 1, "domain": 1}
    assert stack.refresh(api, steps()) == []

    stack.destroy(api, steps())
    assert set(world.counts().values()) == {0}


def test_the_first_environment_goes_while_the_other_stays(world: World, stack: Stack) -> None:
    api, other = world.client(), Stack()
    other.up(api, steps(**STAGING))

    stack.destroy(api, steps())

    assert other.refresh(api, steps(**STAGING)) == []
    other.destroy(api, steps(**STAGING))
    assert world.counts()["project"] == 0


def test_a_project_with_services_of_others_is_not_deleted(world: World, stack: Stack) -> None:
    api = world.client()
    ids = {key: stack.outs["service"][key] for key in ("project_id", "environment_id")}
    theirs = {"projectId": ids["project_id"], "environmentId": ids["environment_id"], "name": "theirs"}
    api.execute("CreateService", input=theirs)

    with pytest.raises(errors.RefusedError, match="project swarm must be without services, got theirs"):
        stack.destroy(world.client(), steps())

    assert world.counts()["project"] == 1


def test_two_projects_of_the_name_are_an_error(world: World) -> None:
    api = world.client()
    node = {"name": "swarm", "description": "", "deletedAt": None}
    page = {"edges": [{"node": {**node, "id": "1"}}, {"node": {**node, "id": "2"}}],
            "pageInfo": {"hasNextPage": False, "endCursor": None}}  # fmt: skip
    world.wire.faults["Projects"] = [answered(page)]

    with pytest.raises(errors.RefusedError, match="swarm must be there once, got 1, 2; delete all but one"):
        project.create(api, steps()[0].inputs({}))


def test_a_project_is_found_on_any_page(world: World, stack: Stack) -> None:
    page = {"edges": [], "pageInfo": {"hasNextPage": True, "endCursor": "next"}}
    world.wire.faults["Projects"] = [answered(page)]

    made = project.create(world.client(), steps()[0].inputs({}))

    assert made.id == stack.ids["project"]
    assert [values["after"] for name, values in world.wire.calls if name == "Projects"] == [None, "next"]


def test_the_first_environment_of_a_project_is_not_deleted_alone(world: World, stack: Stack) -> None:
    environment.delete(world.client(), stack.ids["environment"], stack.outs["environment"])

    assert world.wire.mutations == []


def test_quotas_of_the_moment_are_waited_for(world: World) -> None:
    api = world.client()
    make_project(api, "somebody's", name="first")

    Stack().up(api, steps())

    assert world.counts()["project"] == 2
    assert 31.0 in world.time.slept
