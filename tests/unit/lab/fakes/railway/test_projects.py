"""Projects and environments: names, lists, quotas and their end."""

from __future__ import annotations

from typing import Any

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.behaviour import FanOut
from lab.fakes.railway.fake import WORKSPACE
from tests.unit.lab.fakes.railway.person import Person

LIST = """
query($first: Int, $after: String, $deleted: Boolean) {
  projects(first: $first, after: $after, includeDeleted: $deleted) {
    edges { node { name } } pageInfo { hasNextPage endCursor }
  }
}
"""
ENVIRONMENTS = """
query($id: String!) {
  project(id: $id) { baseEnvironmentId environments { edges { node { id name } } } }
}
"""
VARIABLES = "query($id: String!) { environment(id: $id) { variables { edges { node { name isSealed } } } } }"


def names(page: Any) -> list[str]:  # noqa: ANN401 - GraphQL's data has any form
    return [edge["node"]["name"] for edge in page["edges"]]


def test_a_project_begins_with_an_environment_of_the_wanted_name(fake: FakeRailway) -> None:
    person = Person(fake)
    made = person.make("project", name="swarm", workspaceId=WORKSPACE, defaultEnvironmentName="lab")

    found = person.ask(ENVIRONMENTS, id=made["id"])

    assert names(found["environments"]) == ["lab"]
    assert found["baseEnvironmentId"] == found["environments"]["edges"][0]["node"]["id"]


def test_a_new_project_is_listed_later(fake: FakeRailway) -> None:
    person = Person(fake)
    person.make("project", name="swarm")

    assert names(person.ask(LIST)) == []
    person.wait(fake.behaviour.listed_seconds)
    assert names(person.ask(LIST)) == ["swarm"]


def test_lists_come_in_pages(fake: FakeRailway) -> None:
    person = Person(fake)
    for name in ("a", "b", "c"):
        person.make("project", name=name)
        person.wait()

    first = person.ask(LIST, first=2)
    second = person.ask(LIST, first=2, after=first["pageInfo"]["endCursor"])

    assert (names(first), first["pageInfo"]["hasNextPage"]) == (["a", "b"], True)
    assert (names(second), second["pageInfo"]["hasNextPage"]) == (["c"], False)


def test_a_deleted_project_is_listed_only_if_asked_for(fake: FakeRailway, person: Person) -> None:
    person.ask("mutation($id: String!) { projectDelete(id: $id) }", id=person.project)
    person.wait()

    assert names(person.ask(LIST)) == []
    assert names(person.ask(LIST, deleted=True)) == ["swarm"]
    assert fake.alive("environment") == []


def test_a_scheduled_deletion_comes_after_two_days(fake: FakeRailway, person: Person) -> None:
    person.ask("mutation($id: String!) { projectScheduleDelete(id: $id) }", id=person.project)

    assert len(fake.alive("project")) == 1
    person.wait(48 * 3600)
    assert fake.alive("project") == []


def test_a_second_project_within_the_window_is_refused(fake: FakeRailway, person: Person) -> None:
    person.make("project", name="second")
    with person.refused("Whoa there pal"):
        person.make("project", name="third")

    person.wait(fake.behaviour.create_window_seconds)

    assert person.make("project", name="third")["id"]


def test_a_second_environment_within_the_window_is_refused(fake: FakeRailway, person: Person) -> None:
    person.make("environment", projectId=person.project, name="one")
    with person.refused("too quickly"):
        person.make("environment", projectId=person.project, name="two")

    fake.behaviour.environments_per_window = 0

    assert person.make("environment", projectId=person.project, name="two")["id"]


def test_names_are_unique_unless_switched_off(fake: FakeRailway, person: Person) -> None:
    with person.refused("already exists in this workspace"):
        person.make("project", name="swarm")
    with person.refused("already exists in this project"):
        person.make("environment", projectId=person.project, name="production")

    fake.behaviour.unique_names = False
    person.wait()

    assert person.make("project", name="swarm")["id"] != person.project


def test_a_changed_project_keeps_what_was_not_sent(person: Person) -> None:
    update = "mutation($id: String!, $i: ProjectUpdateInput!) { projectUpdate(id: $id, input: $i) {"
    fields = " name description isPublic } }"
    person.ask(update + fields, id=person.project, i={"description": "ours", "isPublic": True})

    found = person.ask(update + fields, id=person.project, i={"name": "other"})

    assert found == {"name": "other", "description": "ours", "isPublic": True}


def test_an_environment_is_renamed_and_deleted_but_never_the_last(fake: FakeRailway, person: Person) -> None:
    made = person.make("environment", projectId=person.project, name="staging")["id"]
    person.ask(
        'mutation($id: String!) { environmentRename(id: $id, input: {name: "lab"}) { name } }', id=made
    )
    delete = "mutation($id: String!) { environmentDelete(id: $id) }"

    assert {node["name"] for node in fake.alive("environment")} == {"production", "lab"}
    person.ask(delete, id=made)
    assert {node["name"] for node in fake.alive("environment")} == {"production"}
    with person.refused("must have an environment"):
        person.ask(delete, id=person.environment)


def test_a_copy_of_an_environment_has_no_sealed_variable(person: Person) -> None:
    service = person.service()
    person.write(service, {"PLAIN": "1"})
    person.patch({"services": {service: {"variables": {"SECRET": {"value": "x", "isSealed": True}}}}})
    person.wait()

    made = person.make(
        "environment", projectId=person.project, name="copy", sourceEnvironmentId=person.environment
    )["id"]
    person.wait()

    assert names(person.ask(VARIABLES, id=made)["variables"]) == ["PLAIN"]
    assert len(person.ask(VARIABLES, id=person.environment)["variables"]["edges"]) == 2


def test_a_new_environment_gets_instances_of_what_is_there(fake: FakeRailway, person: Person) -> None:
    person.service()
    for how, count in ((FanOut.GIVEN, 1), (FanOut.ALL, 2)):
        fake.behaviour.instances = how
        person.make("environment", projectId=person.project, name=how)
        person.wait()
        assert len(fake.alive("instance")) == count


def test_staged_changes_are_counted_and_carried_along_by_a_patch(fake: FakeRailway, person: Person) -> None:
    document = "query($id: String!) { environment(id: $id) { unmergedChangesCount } }"
    fake.stage(person.environment)

    assert person.ask(document, id=person.environment) == {"unmergedChangesCount": 1}
    person.patch({})
    assert person.ask(document, id=person.environment) == {"unmergedChangesCount": 0}


def test_regions_have_their_ids(person: Person) -> None:
    assert "us-east4-eqdc4a" in [each["name"] for each in person.ask("query { regions { name location } }")]
