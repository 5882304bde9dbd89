"""The whole life of a project at Railway with the real engine, against the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab.fakes.railway.fake import FOREIGN_WORKSPACE
from tests.e2e.railway.project import DESTROY, EACH, UP, Config, Project, Start, objects

NEWER = f"example/router:2@sha256:{'1' * 64}"
ALL = "20 unchanged"
Edit = Callable[[Config, Config, Config], Any]


def test_a_preview_makes_no_call_and_needs_no_token(start: Start) -> None:
    project = start("test")

    said = project.ok("preview", access={})

    assert "railway-router-domain create" in said
    assert "RAILWAY_API_TOKEN must be set" in said
    assert project.railway.calls == []


def test_up_without_a_token_says_which_is_needed(start: Start) -> None:
    project = start("test")

    answer = project.run(*UP, access={"RAILWAY_TOKEN": "of a project"})

    assert answer.status != 0
    assert "RAILWAY_API_TOKEN must be set in the environment to a workspace token" in answer.text
    assert project.railway.calls == []


def test_a_second_up_asks_nothing(standing: Project) -> None:
    assert objects(standing.railway) == EACH
    before = len(standing.railway.calls)

    assert ALL in standing.up()

    assert len(standing.railway.calls) == before


def test_a_refresh_changes_nothing(standing: Project) -> None:
    before = len(standing.railway.changes)

    assert ALL in standing.refresh()

    assert len(standing.railway.changes) == before
    assert standing.plan() == {}


def test_no_value_and_no_token_is_shown(standing: Project) -> None:
    secrets = standing.secrets()
    assert len(secrets) == 3

    shown = "".join(
        standing.ok(*command)
        for command in (("stack", "export"), ("preview", "--diff"), ("stack",), ("stack", "history"))
    )

    for value in (*secrets, standing.access["RAILWAY_API_TOKEN"]):
        assert value not in shown


RUNS = {"railway-router-settings", "railway-router-deployment"}
LISTENS = {"railway-router-variables", "railway-router-deployment", "railway-router-domain"}
MOUNTED = {"railway-store-volume", "railway-store-deployment"}
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "image": (lambda _c, _s, router: router.update(image=NEWER), RUNS),
    "size": (lambda _c, _s, router: router.update(vcpus=1, memory_gb=2), RUNS),
    "start command": (lambda _c, _s, router: router.update(start_command="serve --loud"), RUNS),
    "health check": (lambda _c, _s, router: router.update(health_path=""), RUNS),
    "sleep": (lambda _c, _s, router: router.update(sleeps=True), RUNS),
    "variable": (
        lambda _c, _s, router: router["variables"].update(MODE="loud"),
        {"railway-router-variables", "railway-router-deployment"},
    ),
    "no variable": (
        lambda _c, _s, router: router["variables"].pop("MODE"),
        {"railway-router-variables", "railway-router-deployment"},
    ),
    "variable of a service that another one refers to": (
        lambda _c, store, _r: store.update(variables={"MODE": "loud"}),
        {"railway-store-variables", "railway-store-deployment", "railway-router-deployment"},
    ),
    "port": (lambda _c, _s, router: router.update(port=5000), LISTENS),
    "label": (lambda cloud, _s, _r: cloud.update(label="aiswarm-other"), {"railway-router-domain"}),
    "mount": (lambda _c, store, _r: store.update(volume="/other"), MOUNTED),
    "project's name": (lambda cloud, _s, _r: cloud.update(project="other"), {"railway-project"}),
    "environment's name": (
        lambda cloud, _s, _r: cloud.update(environment="main"),
        {"railway-project", "railway-environment"},
    ),
}


def restore(project: Project) -> None:
    """Everything as it was."""
    project.edit(lambda *_: None)
    project.up()


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_made_in_place(standing: Project, name: str) -> None:
    edit, changed = EDITS[name]
    ids = standing.ids()
    standing.edit(edit)
    try:
        assert standing.plan() == dict.fromkeys(changed, "update")
        standing.up()
        assert standing.ids() == ids
        assert objects(standing.railway) == EACH
        assert ALL in standing.refresh()
        assert standing.plan() == {}
    finally:
        restore(standing)


def test_what_holds_data_is_not_moved_to_another_region(standing: Project) -> None:
    """A volume would be another one there, and empty."""
    standing.edit(lambda cloud, _s, _r: cloud.update(region="us-west2"))
    try:
        answer = standing.run(*UP)

        assert answer.status != 0
        assert "railway-store-volume" in answer.text
        assert "protect" in answer.text
        assert objects(standing.railway) == EACH
    finally:
        restore(standing)


def test_a_project_is_not_moved_to_another_workspace(standing: Project) -> None:
    """It would be another one there, and empty."""
    standing.edit(lambda cloud, _s, _r: cloud.update(workspace=FOREIGN_WORKSPACE))
    before = standing.ids()
    try:
        assert standing.plan() == {"railway-project": "update"}
        answer = standing.run(*UP)

        assert answer.status != 0
        assert "workspace_id must be" in answer.text
        assert standing.ids() == before
        assert objects(standing.railway) == EACH
    finally:
        restore(standing)


def test_another_value_of_a_secret_is_sealed_and_deployed(standing: Project) -> None:
    before = {each["id"] for each in standing.railway.alive("deployment")}
    old = standing.secrets()
    standing.describe_epochs({"store-password": 2})
    try:
        said = standing.ok("preview", "--diff", "--json") + standing.ok("preview", "--diff") + standing.up()
        said += standing.ok("stack", "export")

        assert len({*old, *standing.secrets()}) == len(old) + 1
        assert not [value for value in (*old, *standing.secrets()) if value in said]
        found = standing.railway.alive("instance")
        (held,) = (each["variables"]["PASSWORD"] for each in found if "PASSWORD" in each["variables"])
        assert held["isSealed"]
        assert held["value"] in standing.secrets()
        assert len({each["id"] for each in standing.railway.alive("deployment")} - before) >= 2
        assert ALL in standing.up()
    finally:
        restore(standing)


def test_a_service_goes_and_comes(project: Project) -> None:
    project.edit(lambda cloud, _s, _r: cloud["services"].pop())
    project.up()
    assert objects(project.railway) == {**EACH, "service": 1, "domain": 0}

    restore(project)

    assert objects(project.railway) == EACH
    assert project.plan() == {}


def test_destroy_leaves_nothing(project: Project) -> None:
    refusal = project.run(*DESTROY)
    assert refusal.status != 0
    assert "railway-store-volume" in refusal.text

    project.destroy()

    assert set(objects(project.railway).values()) == {0}


def test_a_state_that_was_lost_is_built_again_from_what_is_there(project: Project, start: Start) -> None:
    """Only the secrets are others: the lost state held them."""
    before, seen = project.ids(), len(project.railway.changes)
    second = start("test")

    second.up()

    assert objects(second.railway) == EACH
    assert second.ids() == before
    assert not [name for name in second.railway.changes[seen:] if name.startswith("Create")]
    assert second.plan() == {}


def test_two_environments_do_not_touch_each_other(project: Project, start: Start) -> None:
    other = start("staging")
    other.edit(lambda cloud, _s, _r: cloud.update(environment="staging", label="aiswarm-staging"))

    other.up()

    assert objects(project.railway) == {**EACH, "environment": 2, "volume": 2, "domain": 2}
    assert ALL in project.refresh()
    assert project.plan() == {}

    other.destroy()

    assert objects(project.railway) == EACH
    assert ALL in project.refresh()
    assert project.plan() == {}


def test_an_environment_of_another_stack_is_left_alone(project: Project, start: Start) -> None:
    before = len(project.railway.changes)
    other = start("other")

    answer = other.run(*UP)

    assert answer.status != 0
    assert "environment production of swarm must be free, got stack test" in answer.text
    assert len(project.railway.changes) == before


def test_drift_shows_and_is_mended(project: Project) -> None:
    (router,) = (each for each in project.railway.alive("instance") if "MODE" in each["variables"])
    router["variables"]["MODE"]["value"] = "by hand"
    router["startCommand"] = "by hand"

    said = project.refresh()

    assert "railway-router-variables updated" in said
    assert "railway-router-settings updated" in said
    changed = {*RUNS, "railway-router-variables"}
    assert project.plan() == dict.fromkeys(changed, "update")
    project.up()
    assert ALL in project.refresh()
    assert router["startCommand"] is None
