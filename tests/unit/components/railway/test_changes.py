"""Edits, drift, and what people do in the dashboard at the same time."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

import pytest

from components.railway import errors, marks
from components.railway.handlers import variables
from lab.fakes.railway.fake import FOREIGN_WORKSPACE, WORKSPACE
from tests.unit.components.railway.stack import IMAGE, SEALED, Stack, steps
from tests.unit.components.railway.wire import Crash, answered
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
    "mount": ({"volume": {"mount_path": "/other"}}, ["volume", "deployment"]),
    "name of the service": ({"service": {"name": "cache"}}, ["service"]),
    "name of the environment": (
        {"project": {"environment": "main"}, "environment": {"name": "main"}},
        ["project", "environment"],
    ),
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


def test_what_runs_has_its_volume_where_it_belongs(world: World, stack: Stack) -> None:
    stack.up(world.client(), steps(volume={"mount_path": "/other"}))

    assert world.fake.alive("deployment", status="SUCCESS")[-1]["snapshot"]["mounts"] == ["/other"]


def test_a_volume_in_another_region_is_another_one(world: World, stack: Stack) -> None:
    """The engine refuses it where the volume is protected, which those of the program are."""
    before = stack.ids["volume"]

    done = stack.up(world.client(), steps(volume={"region": "us-west2"}))

    assert done == ["replace volume", "update deployment"]
    assert stack.ids["volume"] != before
    assert world.counts()["volume"] == 1


@pytest.mark.parametrize("edit", ["image", "secret", "no variable", "mount", "label", "name of the project"])
def test_an_edit_that_was_killed_at_any_call_is_taken_up(world: World, stack: Stack, edit: str) -> None:
    changed = EDITS[edit][0]
    killed, calls = True, 0
    while killed:
        mine, api = copy.deepcopy(stack), world.client()
        world.wire.forget()
        world.wire.crash_after = calls
        killed = _killed(functools.partial(mine.up, api, steps(**changed)))
        mine.up(world.client(), steps(**changed))
        assert mine.refresh(world.client(), steps(**changed)) == []
        world.wire.forget()
        assert Stack().up(world.client(), steps(**changed))
        assert world.wire.mutations == []
        mine.up(world.client(), steps())
        stack, calls = mine, calls + 1
    assert calls >= 3
    assert set(world.counts().values()) == {1}


def _killed(run: Callable[[], object]) -> bool:
    try:
        run()
    except Crash:
        return True
    return False


def test_a_stack_in_another_workspace_is_refused_and_keeps_what_it_has(world: World, stack: Stack) -> None:
    before = dict(stack.ids)

    with pytest.raises(errors.RefusedError, match=f"workspace_id must be {WORKSPACE}, where swarm is, got "):
        stack.up(world.client(), steps(project={"workspace_id": FOREIGN_WORKSPACE}))

    assert world.wire.mutations == []
    assert stack.ids == before


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
