"""Edits, drift, and what people do in the dashboard at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from components.railway import errors, marks
from components.railway.handlers import variables
from tests.unit.components.railway.stack import IMAGE, SEALED, Stack, steps
from tests.unit.components.railway.wire import answered
from tests.unit.components.railway.world import World

NEWER = IMAGE.replace("0", "1")
Edit = tuple[dict[str, dict[str, Any]], list[str]]


def of_settings(**changed: object) -> Edit:
    """An edit of what runs, which deploys again."""
    return {"settings": changed}, ["settings", "deployment"]


def of_variables(**changed: object) -> Edit:
    """An edit of what is told, which deploys again."""
    return {"variables": changed}, ["variables", "deployment"]


EDITS: dict[str, Edit] = {
    "image": of_settings(image=NEWER),
    "region": of_settings(region="us-west2"),
    "start command": of_settings(start_command="serve"),
    "no health check": of_settings(health_path=""),
    "time for health": of_settings(health_timeout_seconds=60),
    "sleep": of_settings(sleeps=True),
    "processors": of_settings(vcpus=1),
    "memory": of_settings(memory_gb=1.5),
    "value": of_variables(variables={"MODE": "other"}),
    "new variable": of_variables(variables={"MODE": "cache", "MORE": "1"}),
    "no variable": of_variables(variables={}),
    "secret": of_variables(sealed={"PASSWORD": "sesame-shut"}, sealed_version="v2"),
    "no secret": of_variables(sealed={}, sealed_version=""),
    "unsealed": of_variables(variables={"MODE": "cache", "PASSWORD": "public"}, sealed={}, sealed_version=""),
    "sealed": of_variables(
        variables={}, sealed={"PASSWORD": "sesame-open", "MODE": "cache"}, sealed_version="v3"
    ),
    "port": ({"domain": {"target_port": 5000}}, ["domain"]),
    "label": ({"domain": {"label": "another"}}, ["domain"]),
    "mount": ({"volume": {"mount_path": "/other"}}, ["volume"]),
    "name of the service": ({"service": {"name": "cache"}}, ["service"]),
    "name of the project": ({"project": {"name": "other"}}, ["project"]),
}


@pytest.fixture
def stack(world: World) -> Stack:
    """Everything is there."""
    found = Stack()
    found.up(world.client(), steps())
    world.wire.forget()
    return found


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_what_it_names_in_place(world: World, stack: Stack, edit: str) -> None:
    changed, updated = EDITS[edit]

    assert stack.up(world.client(), steps(**changed)) == [f"update {name}" for name in updated]

    assert stack.refresh(world.client(), steps(**changed)) == []
    world.wire.forget()
    assert stack.up(world.client(), steps(**changed)) == []
    assert Stack().up(world.client(), steps(**changed))
    assert world.wire.mutations == []


@pytest.mark.parametrize("edit", [edit for edit, (_, updated) in EDITS.items() if "deployment" in updated])
def test_what_was_written_and_not_deployed_is_deployed_by_a_stack_that_forgot(
    world: World, stack: Stack, edit: str
) -> None:
    changed = EDITS[edit][0]
    assert stack.up(world.client(), steps(**changed)[:-2])
    world.wire.forget()

    Stack().up(world.client(), steps(**changed))

    assert world.wire.mutations == ["Deploy", "UpsertVariables"]


def test_variables_of_others_are_left_alone(world: World, stack: Stack) -> None:
    api = world.client()
    marks.upsert(api, stack.outs["variables"], {"THEIRS": "1"})

    stack.up(api, steps(variables={"variables": {}}))
    assert marks.variables(api, stack.outs["variables"])["THEIRS"] == "1"

    variables.delete(api, stack.ids["variables"], stack.outs["variables"])
    assert marks.variables(api, stack.outs["variables"]) == {"THEIRS": "1"}


def test_drift_is_mended_and_deployed(world: World, stack: Stack) -> None:
    api = world.client()
    marks.upsert(api, stack.outs["variables"], {"MODE": "by hand"})

    assert stack.refresh(api, steps()) == ["variables"]
    assert stack.up(api, steps()) == ["update variables", "update deployment"]
    assert stack.refresh(api, steps()) == []


def test_a_secret_that_somebody_unsealed_is_sealed_again(world: World, stack: Stack) -> None:
    api = world.client()
    api.execute("DeleteVariable", input={**marks.ids(stack.outs["variables"]), "name": "PASSWORD"})

    assert stack.refresh(api, steps()) == ["variables"]
    assert stack.outs["variables"]["sealed"] == {}
    assert stack.up(api, steps()) == ["update variables", "update deployment"]
    assert stack.outs["variables"]["sealed"] == SEALED["sealed"]


def test_staged_changes_of_a_person_are_not_carried_along(world: World, stack: Stack) -> None:
    staged = {"id": "e", "name": "production", "projectId": "p", "deletedAt": None, "unmergedChangesCount": 2}
    world.wire.faults["Environment"] = [answered(staged)]

    with pytest.raises(
        errors.RefusedError, match="must have no staged changes, got 2; deploy or discard them"
    ):
        stack.up(world.client(), steps(**EDITS["secret"][0]))

    assert world.wire.mutations == []


def test_a_patch_that_failed_says_so_without_the_value(world: World) -> None:
    failed = {"status": "Error", "error": "sesame-open is no good"}
    world.wire.faults["Workflow"] = [answered({"status": "NotFound", "error": None}), answered(failed)]

    with pytest.raises(errors.RailwayError, match=r"CommitPatch: failed: \*\*\* is no good"):
        Stack().up(world.client(), steps())


def test_a_setting_that_railway_did_not_take_over_is_an_error(world: World, stack: Stack) -> None:
    world.wire.faults["UpdateServiceInstance"] = [answered(True)]

    with pytest.raises(errors.RefusedError, match="source must be as written, got something else"):
        stack.up(world.client(), steps(settings={"image": NEWER}))
