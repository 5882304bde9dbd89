"""Who is let in, and what the stand-in says to those who are not."""

from __future__ import annotations

import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.fake import FOREIGN_WORKSPACE, WORKSPACE
from tests.unit.lab.fakes.railway.person import Person

WORKSPACES = "query { apiToken { workspaces { id name } } }"
PROJECT_TOKEN = "query { projectToken { projectId environmentId } }"  # noqa: S105 - a document
PROJECT = "query($id: String!) { project(id: $id) { id name deletedAt } }"


def test_a_workspace_token_tells_its_workspace(person: Person) -> None:
    assert person.ask(WORKSPACES) == {"workspaces": [{"id": WORKSPACE, "name": "swarm"}]}


def test_a_project_token_opens_its_project_and_creates_none(fake: FakeRailway, person: Person) -> None:
    token = fake.project_token(person.project, person.environment)
    header = {"project-access-token": token}

    assert person.ask(PROJECT_TOKEN, header) == {
        "projectId": person.project,
        "environmentId": person.environment,
    }
    assert person.ask(PROJECT, header, id=person.project)["name"] == "swarm"
    for document in (WORKSPACES, 'mutation { projectCreate(input: {name: "other"}) { id } }'):
        with person.refused("Not Authorized"):
            person.ask(document, header)


@pytest.mark.parametrize("which", ["none", "wrong", "other header", "both", "withdrawn"])
def test_other_tokens_and_headers_open_nothing(fake: FakeRailway, person: Person, which: str) -> None:
    token = fake.project_token(person.project, person.environment)
    headers = {
        "none": {},
        "wrong": {"authorization": "Bearer x"},
        "other header": {"authorization": f"Bearer {token}"},
        "both": {**person.headers(), "project-access-token": token},
        "withdrawn": {"project-access-token": "x"},
    }[which]

    with person.refused("Not Authorized"):
        person.ask(PROJECT, headers, id=person.project)


def test_a_workspace_token_is_no_projects_token(person: Person) -> None:
    with person.refused("Not Authorized"):
        person.ask(PROJECT_TOKEN)


def test_a_persons_token_opens_all_workspaces_and_says_whose_it_is(fake: FakeRailway, person: Person) -> None:
    header = {"authorization": f"Bearer {fake.person_token()}"}
    opened = [each["id"] for each in person.ask(WORKSPACES, header)["workspaces"]]

    assert sorted(opened) == sorted((WORKSPACE, FOREIGN_WORKSPACE))
    assert person.ask("query { me { id } }", header)["id"]
    with person.refused("Not Authorized"):
        person.ask("query { me { id } }")


def test_a_workspace_tells_its_plan_to_its_own_token(person: Person) -> None:
    document = "query($id: String!) { workspace(workspaceId: $id) { plan } }"

    assert person.ask(document, id=WORKSPACE) == {"plan": "PRO"}
    with person.refused("Not Authorized"):
        person.ask(document, id=FOREIGN_WORKSPACE)


def test_what_is_foreign_or_never_was_looks_the_same(fake: FakeRailway, person: Person) -> None:
    foreign = fake.store.add("project", name="theirs", workspaceId=FOREIGN_WORKSPACE)["id"]

    for id_ in (foreign, "no such id"):
        with person.refused("Not Authorized"):
            person.ask(PROJECT, id=id_)
    with person.refused("Not Authorized"):
        person.make("project", name="theirs", workspaceId=FOREIGN_WORKSPACE)
    with person.refused("Not Authorized"):
        person.ask(
            "query($w: String) { projects(workspaceId: $w) { edges { cursor } } }", w=FOREIGN_WORKSPACE
        )


def test_what_is_gone_is_not_found_and_for_a_while_marked(fake: FakeRailway, person: Person) -> None:
    person.ask("mutation($id: String!) { projectDelete(id: $id) }", id=person.project)

    assert person.ask(PROJECT, id=person.project)["deletedAt"] is not None
    person.wait(fake.behaviour.gone_seconds)
    with person.refused("Project not found"):
        person.ask(PROJECT, id=person.project)
    fake.behaviour.hides_gone = True
    with person.refused("Not Authorized"):
        person.ask(PROJECT, id=person.project)
