"""The stand-ins that people and documents meet, as processes on loopback that talk to each other."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lab import paths
from lab.fakes.qdrant.shelf import BEFORE
from lab.fakes.webui import tokens
from tests.unit.lab import neighbours
from tests.unit.lab.neighbours import EMAIL, PASSWORD, PREFIX, collections, sign_in
from tests.unit.lab.stand_ins import KEY, Running, question, started, vllm

MARKDOWN = b"# Soup\r\nIt needs cumin.\n"
WITH_KEY = {"X-Api-Key": KEY}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with vllm("--served-model-name", "swarm", VLLM_API_KEY=KEY) as running:
        yield running


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with neighbours.qdrant(tmp_path_factory.mktemp("qdrant")) as running:
        yield running


@pytest.fixture(scope="module")
def converter() -> Iterator[Running]:
    with neighbours.docling() as running:
        yield running


@pytest.fixture(scope="module")
def pipeline(database: Running, gateway: Running) -> Iterator[Running]:
    with neighbours.lightrag(database, gateway) as running:
        yield running


@pytest.fixture(scope="module")
def settings(
    tmp_path_factory: pytest.TempPathFactory, converter: Running, database: Running, gateway: Running
) -> Iterator[dict[str, str]]:
    with neighbours.redis() as cache:
        yield neighbours.webui_settings(
            tmp_path_factory.mktemp("webui"),
            cache=cache,
            converter=converter.url,
            database=database.url,
            gateway=gateway.url,
        )


@pytest.fixture(scope="module")
def pages(settings: dict[str, str]) -> Iterator[Running]:
    with started("lab.fakes.webui", **settings) as running:
        yield running


@pytest.fixture
def session(pages: Running) -> Iterator[httpx.Client]:
    """Somebody who has signed in."""
    token = sign_in(pages.url).json()["token"]
    with httpx.Client(base_url=pages.url, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


@pytest.mark.parametrize("path", ["/health", "/ready", "/livez", "/version", "/metrics"])
def test_the_converter_says_that_it_lives_without_a_key(converter: Running, path: str) -> None:
    answer = httpx.get(converter.url + path)
    assert answer.status_code == 200
    assert answer.headers["x-stand-in"] == "true"


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}])
def test_the_converter_asks_for_its_key(converter: Running, headers: dict[str, str]) -> None:
    sent = {"files": ("soup.md", MARKDOWN)}
    assert httpx.post(f"{converter.url}/v1/convert/file", headers=headers, files=sent).status_code == 401
    assert httpx.get(f"{converter.url}/v1/status/poll/none", headers=headers).status_code == 401


def test_a_text_is_handed_on_as_it_is(converter: Running) -> None:
    source = {"kind": "file", "filename": "soup.md", "base64_string": base64.b64encode(MARKDOWN).decode()}
    as_form = httpx.post(
        f"{converter.url}/v1/convert/file", headers=WITH_KEY, files={"files": ("soup.md", MARKDOWN)}
    ).json()
    as_source = httpx.post(
        f"{converter.url}/v1/convert/source", headers=WITH_KEY, json={"sources": [source]}
    ).json()
    for answer in (as_form, as_source):
        assert answer["status"] == "success"
        assert answer["document"]["md_content"] == MARKDOWN.decode()


def test_what_needs_a_model_is_a_failure_and_no_invention(converter: Running) -> None:
    answer = httpx.post(
        f"{converter.url}/v1/convert/file", headers=WITH_KEY, files={"files": ("scan.pdf", b"%PDF")}
    )
    assert answer.json()["status"] == "failure"
    assert "stand-in reads .txt" in answer.json()["errors"][0]["error_message"]
    assert answer.json()["document"]["md_content"] == ""


@pytest.mark.parametrize("body", [{"sources": []}, {"sources": [{"kind": "http", "url": "http://a"}]}, {}])
def test_the_converter_refuses_what_it_does_not_know(converter: Running, body: object) -> None:
    answer = httpx.post(f"{converter.url}/v1/convert/source", headers=WITH_KEY, json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", 200), ("/livez", 200), ("/readyz", 200), ("/health", 404)]
)
def test_the_database_has_the_paths_of_qdrant(database: Running, path: str, status: int) -> None:
    assert httpx.get(database.url + path).status_code == status


def test_a_key_closes_all_but_the_paths_for_health(tmp_path: Path) -> None:
    with neighbours.qdrant(tmp_path, QDRANT__SERVICE__API_KEY=KEY) as running:
        assert httpx.get(f"{running.url}/readyz").status_code == 200
        assert httpx.get(f"{running.url}/collections").status_code == 401
        assert httpx.get(f"{running.url}/metrics").status_code == 401
        assert httpx.get(f"{running.url}/collections", headers={"api-key": KEY}).status_code == 200


def test_collections_outlive_the_database(tmp_path: Path) -> None:
    point = {"id": 7, "vector": [0.0, 1.0], "payload": {"kind": "a"}}
    with neighbours.qdrant(tmp_path) as running:
        assert collections(running) == [BEFORE]
        mine = f"{running.url}/collections/mine"
        assert httpx.put(mine, json={"vectors": {"size": 2, "distance": "Cosine"}}).status_code == 200
        assert httpx.put(mine, json={"vectors": {"size": 2}}).status_code == 409
        assert httpx.put(f"{mine}/points", json={"points": [point]}).status_code == 200
        short = {"points": [{**point, "vector": [1.0]}]}
        assert httpx.put(f"{mine}/points", json=short).status_code == 400
    with neighbours.qdrant(tmp_path) as running:
        mine = f"{running.url}/collections/mine"
        wanted = {"query": [0.0, 2.0], "filter": {"must": [{"key": "kind", "match": {"value": "a"}}]}}
        (found,) = httpx.post(f"{mine}/points/query", json=wanted).json()["result"]["points"]
        assert (found["id"], found["score"], found["payload"]) == (7, 1.0, {"kind": "a"})
        wanted["filter"] = {"must": [{"key": "kind", "match": {"value": "b"}}]}
        assert httpx.post(f"{mine}/points/query", json=wanted).json()["result"]["points"] == []


@pytest.mark.parametrize("path", ["/health", "/auth-status", "/webui/"])
def test_the_pipeline_shows_strangers_that_it_lives(pipeline: Running, path: str) -> None:
    assert httpx.get(pipeline.url + path).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_the_pipeline_asks_for_its_key(pipeline: Running, headers: dict[str, str]) -> None:
    for path in ("/documents/text", "/query"):
        assert httpx.post(pipeline.url + path, headers=headers, json={"text": "a"}).status_code == 403
    assert httpx.get(f"{pipeline.url}/documents/pipeline_status", headers=headers).status_code == 403


def test_the_pipeline_finds_what_it_was_told_and_asks_the_gateway(
    pipeline: Running, database: Running
) -> None:
    for text, source in (("The key hangs behind the clock.", "house.md"), ("Cats sleep a lot.", "cats.md")):
        body = {"text": text, "file_source": source}
        assert httpx.post(f"{pipeline.url}/documents/text", headers=WITH_KEY, json=body).status_code == 200
    asked = {"query": "where is the key", "only_need_context": True}
    found = httpx.post(f"{pipeline.url}/query", headers=WITH_KEY, json=asked).json()
    assert found["response"] == "The key hangs behind the clock."
    assert [each["file_path"] for each in found["references"]] == ["house.md"]
    answer = httpx.post(f"{pipeline.url}/query", headers=WITH_KEY, json={"query": "where is the key"})
    assert answer.json()["response"].startswith("[stand-in swarm]")
    assert "lightrag_vdb_chunks_swarm_embedding_64d" in collections(database)


def test_the_operator_signs_in_and_nobody_else(pages: Running) -> None:
    assert "STAND-IN for Open WebUI" in pages.first_line
    assert sign_in(pages.url).json()["role"] == "admin"
    assert sign_in(pages.url, "wrong").status_code == 400
    assert httpx.post(f"{pages.url}/api/v1/auths/signup", json={}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/health", "/health/db", "/ready", "/api/config"])
def test_what_is_open_says_that_its_servers_answer(pages: Running, path: str) -> None:
    assert httpx.get(pages.url + path).status_code == 200


@pytest.mark.parametrize("key", ["", "another-key"])
def test_a_chat_needs_a_session_that_this_key_signed(pages: Running, key: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.issue({'id': EMAIL}, key)}"} if key else {}
    assert httpx.get(f"{pages.url}/api/models", headers=headers).status_code == 401
    answer = httpx.post(f"{pages.url}/api/chat/completions", headers=headers, json=question("hi"))
    assert answer.status_code == 401
    if key:
        assert httpx.get(f"{pages.url}/api/config", headers=headers).status_code == 401


def test_a_chat_goes_through_the_gateway(session: httpx.Client) -> None:
    assert "swarm" in [model["id"] for model in session.get("/api/models").json()["data"]]
    answer = session.post("/api/chat/completions", json=question("hi", max_tokens=5)).json()
    assert answer["choices"][0]["message"]["content"].startswith("[stand-in swarm]")


def test_a_streamed_chat_comes_in_pieces(session: httpx.Client) -> None:
    body = question("[stand-in tokens=10 rate=20]", stream=True)
    with session.stream("POST", "/api/chat/completions", json=body) as answer:
        pieces = [line for line in answer.iter_lines() if line.startswith("data: ")]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert pieces[-1] == "data: [DONE]"
    assert len(pieces) > 10


def test_a_file_is_converted_and_stored_under_our_prefix(session: httpx.Client, database: Running) -> None:
    answer = session.post("/api/v1/files/", files={"file": ("soup.md", MARKDOWN)})
    assert answer.json()["data"]["content"] == MARKDOWN.decode()
    assert f"{PREFIX}_files" in collections(database)
    assert BEFORE in collections(database)
    refused = session.post("/api/v1/files/", files={"file": ("scan.pdf", b"%PDF")})
    assert refused.status_code == 400
    assert "Docling" in refused.json()["detail"]


def test_a_later_password_does_not_open_the_account_of_before(settings: dict[str, str]) -> None:
    with started("lab.fakes.webui", **{**settings, "WEBUI_ADMIN_PASSWORD": "later"}) as again:
        assert sign_in(again.url, "later").status_code == 400
        assert sign_in(again.url, PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"DATABASE_URL": "postgresql://open_webui:wrong@a:5432/open_webui"},
            "password authentication failed",
        ),
        ({"DATABASE_URL": "postgresql://open_webui:right@a:5432/other"}, "database other does not exist"),
        ({"DATABASE_URL": "sqlite:///webui.db"}, "DATABASE_URL: must be postgresql://"),
        ({"REDIS_URL": "redis://open_webui:right@127.0.0.1:1/0"}, "Connection refused"),
        ({"REDIS_KEY_PREFIX": "other"}, "SET: must be +OK, got -NOPERM"),
        ({"VECTOR_DB": "chroma"}, "VECTOR_DB: must be qdrant, got 'chroma'"),
        ({"ENABLE_SIGNUP": "true"}, "ENABLE_SIGNUP: must be false, got 'true'"),
        ({"STATIC_DIR": "/proc/nobody"}, "cannot start"),
    ],
)
def test_wrong_wiring_stops_it_with_the_reason(
    settings: dict[str, str], changed: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "lab.fakes.webui"),
        cwd=paths.REPO,
        env={**settings, **changed},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert said in done.stderr
