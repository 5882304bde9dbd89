"""What people do with the swarm beside asking its API: sign in, talk, hand in documents, ask about them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from components.catalogue import documents, open_webui, rag, vectors
from components.model.endpoints import QDRANT_NODE, external_endpoints
from lab import nodes
from lab.__main__ import bring_up
from lab.steps import Steps
from ops.stack import Stack
from tests.e2e.test_requests import question

TEXT = b"# Cellar\n\nThe key hangs behind the clock.\n"
BEFORE = "family-recipes"
"""Somebody else's collection, which the lab's database had before the swarm came."""


def secret(node: str, service: str, file: str) -> str:
    """A value as the program in the container reads it."""
    return nodes.ssh(node, f"docker exec {node}-{service} cat /run/secrets/{file}")


def client(deployed: Stack, service: str, headers: dict[str, str]) -> httpx.Client:
    (spec,) = (spec for spec in deployed.services if spec.full_name == service)
    url = f"http://{deployed.nodes[spec.node].address}:{spec.published_port('http')}"
    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)


def sign_in(page: httpx.Client, password: str) -> httpx.Response:
    body = {"email": open_webui.ADMIN_EMAIL, "password": password}
    return page.post("/api/v1/auths/signin", json=body)


@pytest.fixture
def stranger(deployed: Stack) -> Iterator[httpx.Client]:
    """Open WebUI as whoever has not signed in sees it."""
    with client(deployed, "oracle-open-webui", {}) as page:
        yield page


@pytest.fixture
def person(stranger: httpx.Client) -> httpx.Client:
    """The operator, signed in."""
    answer = sign_in(stranger, secret("oracle", "open-webui", "admin_password"))
    assert answer.status_code == 200, answer.text
    stranger.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return stranger


@pytest.fixture
def converter(deployed: Stack) -> Iterator[httpx.Client]:
    key = secret("thanos", documents.NAME, documents.KEY.name)
    with client(deployed, "thanos-documents", {"x-api-key": key}) as found:
        yield found


@pytest.fixture
def pipeline(deployed: Stack) -> Iterator[httpx.Client]:
    with client(deployed, "thanos-rag", {"x-api-key": secret("thanos", rag.NAME, "rag_key")}) as found:
        yield found


@pytest.fixture
def database(deployed: Stack) -> Iterator[httpx.Client]:
    """The database that is not ours, as its owner sees it."""
    (qdrant,) = external_endpoints(deployed.settings)
    with httpx.Client(base_url=f"http://{qdrant.address}", timeout=30, trust_env=False) as found:
        yield found


def collections(database: httpx.Client) -> set[str]:
    found = database.get("/collections").json()["result"]["collections"]
    return {each["name"] for each in found}


def others(database: httpx.Client) -> dict[str, object]:
    """Every collection that is not ours, with all that is in it."""
    ours = (vectors.OPEN_WEBUI_PREFIX, "lightrag_vdb_")
    wanted = {"limit": 1000, "with_vector": True}
    return {
        name: database.post(f"/collections/{name}/points/scroll", json=wanted).json()["result"]["points"]
        for name in collections(database)
        if not name.startswith(ours)
    }


def test_a_person_signs_in_and_is_answered_by_the_swarm(person: httpx.Client, deployed: Stack) -> None:
    models = [model["id"] for model in person.get("/api/models").json()["data"]]
    answer = person.post("/api/chat/completions", json=question(deployed, f"Hello {time.monotonic()}"))

    assert deployed.settings.models.public_name in models
    assert answer.status_code == 200, answer.text
    assert deployed.settings.models.primary.served_name in answer.json()["choices"][0]["message"]["content"]


def test_nobody_else_gets_in(stranger: httpx.Client, deployed: Stack) -> None:
    assert sign_in(stranger, "not-the-password").status_code == 400
    assert stranger.get("/api/models").status_code == 401
    assert stranger.post("/api/chat/completions", json=question(deployed)).status_code == 401
    assert stranger.post("/api/v1/auths/signup", json={"email": "a@b.c"}).status_code == 403


def test_its_servers_let_it_in(stranger: httpx.Client) -> None:
    assert stranger.get("/ready").status_code == 200
    assert stranger.get("/health/db").status_code == 200


def test_documents_are_converted_for_whoever_has_the_key(converter: httpx.Client) -> None:
    files = {"files": ("cellar.md", TEXT)}
    with_key = converter.post("/v1/convert/file", files=files)
    without = converter.post("/v1/convert/file", files=files, headers={"x-api-key": ""})

    assert with_key.json()["document"]["md_content"] == TEXT.decode()
    assert without.status_code == 401


def test_questions_are_answered_from_documents(pipeline: httpx.Client) -> None:
    body = {"text": TEXT.decode(), "file_source": "cellar.md"}
    assert pipeline.post("/documents/text", json=body, headers={"x-api-key": ""}).status_code == 403
    assert pipeline.post("/documents/text", json=body).status_code == 200

    found = pipeline.post("/query", json={"query": "where is the key", "only_need_context": True}).json()
    answer = pipeline.post("/query", json={"query": f"where is the key? {time.monotonic()}"}).json()

    assert "behind the clock" in found["response"]
    assert "cellar.md" in [each["file_path"] for each in answer["references"]]
    assert "stand-in" in answer["response"]


def test_collections_of_others_are_left_as_they_were(
    person: httpx.Client, pipeline: httpx.Client, database: httpx.Client
) -> None:
    before = others(database)

    uploaded = person.post("/api/v1/files/", files={"file": ("cellar.md", TEXT)})
    inserted = pipeline.post("/documents/text", json={"text": f"A note of {time.monotonic()}."})

    assert (uploaded.status_code, inserted.status_code) == (200, 200), uploaded.text + inserted.text
    assert BEFORE in before
    assert others(database) == before
    assert f"{vectors.OPEN_WEBUI_PREFIX}_files" in collections(database)


def test_the_database_is_not_touched_by_another_up(database: httpx.Client, restored: Stack) -> None:  # noqa: ARG001 - up comes within
    look = "docker inspect --format '{{.Id}} {{.Created}} {{.State.StartedAt}} {{.RestartCount}}' qdrant"
    before = nodes.ssh(QDRANT_NODE, look), others(database)

    bring_up(Steps())

    assert (nodes.ssh(QDRANT_NODE, look), others(database)) == before
