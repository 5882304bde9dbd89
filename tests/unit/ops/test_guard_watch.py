"""An update within the guard, and the same by hand: what is run, what is said, what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops import cli, stack
from ops.guard import commands, record
from ops.guard.look import GuardError
from ops.guard.watch import NotThereError, TouchedError, UnseenError, guarded
from ops.hosts import UnreachableError
from ops.stack import Stack
from tests.unit.ops.existing_qdrant import OTHER, Existing, existing

RECIPES = "family-recipes"
"""What the stand-in has from the beginning: three points."""


@pytest.fixture
def qdrant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Existing]:
    with existing(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def known(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "open_stack", lambda _: lab_stack)


def swarm(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["guard", *arguments], env={"COLUMNS": "200"})


def test_an_update_that_touches_nothing_passes(qdrant: Existing, lab_stack: Stack) -> None:
    with guarded(lab_stack) as before:
        qdrant.put("new", 1)

    assert record.load("lab") == before


def test_without_it_nothing_is_run(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.containers = []
    ran = []

    said = "nothing was run, because Qdrant is not as it must be before:"
    with pytest.raises(NotThereError, match=said), guarded(lab_stack):
        ran.append("up")

    assert ran == []
    assert not record.file_of("lab").exists()


def test_with_a_node_that_is_away_nothing_is_run(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.is_away = True

    with pytest.raises(UnreachableError), guarded(lab_stack):
        pytest.fail("must not be run")


def test_a_change_is_said_loudly(qdrant: Existing, lab_stack: Stack) -> None:
    with pytest.raises(TouchedError) as caught, guarded(lab_stack):
        qdrant.containers = [OTHER]

    assert str(caught.value).startswith(
        "QDRANT IS NOT AS IT WAS BEFORE, AND IT IS NOT OURS:\n  starlord.qdrant"
    )


def test_a_change_by_an_update_that_failed_is_said_with_its_error(qdrant: Existing, lab_stack: Stack) -> None:
    def failing() -> None:
        qdrant.drop(RECIPES)
        raise stack.EngineError("pulumi up: must end with status 0, got 255")

    with pytest.raises(TouchedError) as caught, guarded(lab_stack):
        failing()

    assert f"collections.{RECIPES}: must be there after an update" in str(caught.value)
    assert str(caught.value).endswith("\npulumi up: must end with status 0, got 255")


def test_the_error_of_an_update_that_touched_nothing_is_its_own(qdrant: Existing, lab_stack: Stack) -> None:
    assert qdrant.containers
    with pytest.raises(stack.EngineError, match="its own"), guarded(lab_stack):
        raise stack.EngineError("its own")


def test_what_cannot_be_seen_any_more_is_said(qdrant: Existing, lab_stack: Stack) -> None:
    with pytest.raises(UnseenError) as caught, guarded(lab_stack):
        qdrant.is_away = True

    assert "cannot be compared with what it was before the update: 198.18.0.12: no route to host" in str(
        caught.value
    )
    assert str(caught.value).endswith("once it answers: ./swarm guard after --stack lab")


@pytest.mark.usefixtures("known")
def test_the_commands_keep_and_compare(qdrant: Existing) -> None:
    before = swarm("before")
    same = swarm("after", "--json")
    qdrant.drop(RECIPES)
    changed = swarm("after")

    assert (before.exit_code, same.exit_code, changed.exit_code) == (0, 0, 1)
    assert f"collection {RECIPES}" in before.output
    assert str(record.file_of("lab")) in before.output
    shown = json.loads(same.stdout)
    assert shown["problems"] == []
    assert shown["fingerprint"]["collections"] == {RECIPES: 3}
    assert f"starlord.qdrant.collections.{RECIPES}: must be there after an update" in changed.output
    assert record.file_of("lab").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("known", "qdrant")
@pytest.mark.parametrize("content", [None, "{}", "no json"])
def test_nothing_to_compare_with_is_said(content: str | None) -> None:
    if content is not None:
        record.file_of("lab").parent.mkdir(parents=True)
        record.file_of("lab").write_text(content)

    result = swarm("after")

    assert isinstance(result.exception, GuardError)
    assert "must hold the fingerprint from before, got " in str(result.exception)
    assert str(result.exception).endswith("; ./swarm guard before --stack lab, before the next update")


def test_the_names_of_stacks_do_not_lead_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    assert record.file_of("org/aiswarm/../x").parent == tmp_path / "aiswarm-guard"
