"""What the guard sees of the existing Qdrant, what it calls a change, and what it does about one."""

from __future__ import annotations

import secrets
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from components.catalogue import rag
from components.catalogue.swarm import swarm as catalogue
from components.model import external_keys
from ops import stack
from ops.guard import look
from ops.guard.fingerprint import Fingerprint, absences, changes
from ops.guard.look import GuardError, take
from ops.stack import Stack
from tests.unit.ops.existing_qdrant import OTHER, STARTED, Existing, container, existing

RECIPES = "family-recipes"
"""What the stand-in has from the beginning: three points."""


@pytest.fixture
def qdrant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Existing]:
    with existing(tmp_path, monkeypatch) as found:
        yield found


def test_the_fingerprint_is_container_start_mounts_and_numbers(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.put("letters", 1, 2)

    found = take(lab_stack)

    (one,) = found.containers
    assert (one.name, one.id, one.running, one.started_at) == ("qdrant", container()["id"], True, STARTED)
    assert [str(mount) for mount in one.mounts] == [
        "/etc/q.yaml:/qdrant/config.yaml:ro",
        "qdrant:/qdrant/storage:rw",
    ]
    assert found.collections == {RECIPES: 3, "letters": 2}


def test_only_starlord_is_asked_and_only_to_list(qdrant: Existing, lab_stack: Stack) -> None:
    take(lab_stack)

    (asked,) = qdrant.asked
    assert asked.startswith("198.18.0.12 found=$(docker ps --all --quiet --no-trunc)")
    assert "Env" not in asked


def test_the_nodes_shell_understands_the_question(tmp_path: Path) -> None:
    """A `docker` that prints what it was asked, as the real one would read it."""
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\n[ "$1" != ps ] || { echo abc; exit; }\nprintf "%s|" "$@"\n')
    docker.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"

    said = subprocess.run(
        ("sh", "-c", look.LIST), env={"PATH": path}, text=True, capture_output=True, check=True
    ).stdout

    assert said.startswith('inspect|--format|{"id":{{json .Id}},"name":{{json .Name}},')
    assert said.endswith('"mounts":{{json .Mounts}}}|abc|')
    assert shlex.split(look.LIST)


@pytest.mark.parametrize(
    "other",
    [
        container("vectors"),
        container("vectors", image="registry:5000/Qdrant@sha256:abc", ports=None),
        container("old-qdrant", image="sha256:abc", ports={}),
        container("vectors", image="x", ports={"1/tcp": [{"HostIp": "", "HostPort": "6334"}]}),
    ],
)
def test_whatever_its_owner_calls_it_it_is_found(
    qdrant: Existing, lab_stack: Stack, other: dict[str, object]
) -> None:
    qdrant.containers = [OTHER, other]

    assert [f"/{each.name}" for each in take(lab_stack).containers] == [other["name"]]


def test_what_our_own_services_keep_may_come_and_go(qdrant: Existing, lab_stack: Stack) -> None:
    ours = ["aiswarm-open-webui_files", *rag.collections(lab_stack.settings)]
    for name in (*ours, "lightrag_vdb_chunks_another_model_64d"):
        qdrant.put(name, 1)

    assert take(lab_stack).collections == {RECIPES: 3, "lightrag_vdb_chunks_another_model_64d": 1}


def test_the_pipelines_collections_are_those_of_its_model(lab_stack: Stack) -> None:
    assert rag.collections(lab_stack.settings) == {
        f"lightrag_vdb_{kind}_swarm_embedding_1536d" for kind in ("chunks", "entities", "relationships")
    }


def test_nothing_is_there(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.containers = [OTHER]
    found = take(lab_stack)

    assert found == Fingerprint(containers=(), collections={})
    assert [str(each) for each in absences(found)] == [
        (
            "starlord.qdrant: must be there before the swarm is, got no container with its name, image or "
            "ports; on starlord, `docker start` it or ask its owner"
        )
    ]


def test_it_does_not_run(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.containers = [container(running=False)]

    (found,) = absences(take(lab_stack))
    assert str(found).startswith("starlord.qdrant: must run, got a stopped container; ")


def test_the_same_twice_is_no_change(qdrant: Existing, lab_stack: Stack) -> None:
    before = take(lab_stack)
    qdrant.put("new", 1)
    qdrant.put(RECIPES.replace("family", "more"), 7)
    for each in qdrant.containers:
        each["mounts"] = (each["mounts"] or [])[::-1]

    assert changes(before, take(lab_stack)) == []


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            [container(id="another-one-entirely")],
            ["must be container qdrant-01234, got another, another-one-; stop here and tell its owner"],
        ),
        (
            [container(started_at="2026-11-23T01:00:00Z")],
            [f"must have run since {STARTED}, got a start at 2026-11-23T01:00:00Z; stop here; on starlord"],
        ),
        ([container(running=False)], ["must run, got a stopped container; "]),
        ([container(mounts=[])], ["must mount /etc/q.yaml:/qdrant/config.yaml:ro, qdrant:"]),
        ([], ["must be there after an update, got no such container; "]),
    ],
)
def test_every_change_of_the_container_is_said(
    qdrant: Existing, lab_stack: Stack, after: list[dict[str, object]], said: list[str]
) -> None:
    before = take(lab_stack)
    qdrant.containers = [OTHER, *after]

    found = [str(each) for each in changes(before, take(lab_stack))]

    assert len(found) == len(said)
    assert all(f"starlord.qdrant: {start}" in line for line, start in zip(found, said, strict=True))


def test_another_container_of_its_kind_is_a_change(qdrant: Existing, lab_stack: Stack) -> None:
    before = take(lab_stack)
    qdrant.containers.append(container("starlord-qdrant"))

    (found,) = changes(before, take(lab_stack))
    assert str(found).startswith("starlord.starlord-qdrant: must not be there after an update, got a new")


def test_lost_collections_and_points_are_said(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.put("letters", 1, 2)
    before = take(lab_stack)
    qdrant.drop("letters")
    qdrant.drop(RECIPES)
    qdrant.put(RECIPES, 1, 2)

    assert [str(each).partition(";")[0] for each in changes(before, take(lab_stack))] == [
        f"starlord.qdrant.collections.{RECIPES}: must have at least 3 points, got 2",
        "starlord.qdrant.collections.letters: must be there after an update, got no such collection",
    ]


def test_the_key_is_sent_where_one_is_set(
    tmp_path: Path, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = secrets.token_hex(16)
    asked: list[tuple[str, ...]] = []

    def pulumi(*arguments: str) -> str:
        asked.append(arguments)
        return f"{key}\n"

    monkeypatch.setattr(stack, "pulumi", pulumi)
    settings = lab_stack.settings.model_copy(update={"keys_in_stack": (external_keys.QDRANT,)})
    with existing(tmp_path, monkeypatch, QDRANT__SERVICE__API_KEY=key):
        with pytest.raises(GuardError, match=r"got status 401; \./swarm keys set qdrant_api_key") as refused:
            take(lab_stack)
        assert take(replace(lab_stack, settings=settings)).collections == {RECIPES: 3}

    assert asked == [("config", "get", "aiswarm:qdrant_api_key", "--stack", "lab")]
    assert key not in str(refused.value)


def in_vault(stack: Stack) -> Stack:
    settings = stack.settings.model_copy(update={"keys_in_vault": {external_keys.QDRANT: 1}})
    services = tuple(spec for specs in catalogue(settings).values() for spec in specs)
    return replace(stack, settings=settings, services=services)


def test_a_key_in_vault_alone_is_taken_from_a_service_that_has_it(
    tmp_path: Path, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = secrets.token_hex(16)
    with existing(tmp_path, monkeypatch, QDRANT__SERVICE__API_KEY=key) as qdrant:
        qdrant.key = key
        assert take(in_vault(lab_stack)).collections == {RECIPES: 3}

    assert qdrant.asked[1] == "198.18.0.11 docker exec oracle-open-webui cat /run/secrets/qdrant_key"
    assert not any(key in command for command in qdrant.asked)


def test_a_key_that_no_service_has_yet_comes_from_the_operator(
    tmp_path: Path, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = secrets.token_hex(16)
    with existing(tmp_path, monkeypatch, QDRANT__SERVICE__API_KEY=key):
        with pytest.raises(GuardError, match="got none; export QDRANT_API_KEY for the one update"):
            take(in_vault(lab_stack))
        monkeypatch.setenv("QDRANT_API_KEY", key)
        assert take(in_vault(lab_stack)).collections == {RECIPES: 3}


def test_a_database_that_is_away_is_said(qdrant: Existing, lab_stack: Stack) -> None:
    qdrant.url = "http://127.0.0.1:1"

    with pytest.raises(GuardError, match=r"127\.0\.0\.1:1: must answer, got ConnectError; does this machine"):
        take(lab_stack)


def test_another_program_in_its_place_is_said(
    qdrant: Existing, lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qdrant.containers
    monkeypatch.setattr(look, "_result", lambda _: [])

    with pytest.raises(GuardError, match="must answer as a Qdrant, got TypeError; docker logs on starlord"):
        take(lab_stack)
