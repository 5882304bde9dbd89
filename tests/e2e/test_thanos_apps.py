"""SillyTavern and the research service of thanos, as a person finds them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from components.catalogue import gpt_researcher, sillytavern
from components.catalogue.credentials import OPERATOR_NAME
from components.catalogue.gateway import api_url
from ops import stack
from ops.stack import Stack

TAVERN = "The oldest tavern of the harbour opened in 1912. It is called the Blue Anchor.\n"


def door(deployed: Stack, port: int, *, password: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://{deployed.settings.nodes.thanos.address}:{port}",
        auth=(OPERATOR_NAME, password),
        timeout=120,
        trust_env=False,
    )


@pytest.fixture
def password(deployed: Stack) -> str:
    return stack.output(deployed.name, "operator_password")


@pytest.fixture
def tavern(deployed: Stack, password: str) -> Iterator[httpx.Client]:
    """SillyTavern with the password, and with what its page sends along with every change."""
    with door(deployed, sillytavern.PORT, password=password) as client:
        client.headers["x-csrf-token"] = client.get("/csrf-token").json()["token"]
        yield client


@pytest.fixture
def research(deployed: Stack, password: str) -> Iterator[httpx.Client]:
    with door(deployed, gpt_researcher.PORT, password=password) as client:
        yield client


@pytest.mark.parametrize("port", [sillytavern.PORT, gpt_researcher.PORT])
@pytest.mark.parametrize("path", ["/", "/api/reports", "/csrf-token", "/scripts/openai.js", "/version"])
def test_nobody_comes_in_without_the_password(deployed: Stack, port: int, path: str) -> None:
    base = f"http://{deployed.settings.nodes.thanos.address}:{port}"

    assert httpx.get(f"{base}{path}", trust_env=False).status_code == 401


def test_sillytavern_shows_its_page(tavern: httpx.Client) -> None:
    page = tavern.get("/")

    assert page.status_code == 200
    assert "<title>SillyTavern</title>" in page.text
    assert len(tavern.get("/lib.js").content) > 1_000_000, "what the page cannot live without"


def test_sillytavern_is_called_by_its_own_names_only(tavern: httpx.Client) -> None:
    assert tavern.get("/", headers={"host": "swarm.attacker.example"}).status_code == 403
    assert tavern.get("/", headers={"host": "thanos.tail0.ts.net:8080"}).status_code == 200


def test_sillytavern_talks_with_the_swarm_without_any_setting_by_hand(
    deployed: Stack, tavern: httpx.Client
) -> None:
    found = tavern.post("/api/settings/get", json={}).json()["settings"]
    model = deployed.settings.models.public_name
    url = api_url(deployed.settings, seen_from="thanos")
    assert f'"custom_url": "{url}"' in found
    assert f'"custom_model": "{model}"' in found

    answer = tavern.post(
        "/api/backends/chat-completions/generate",
        json={
            "chat_completion_source": "custom",
            "custom_url": url,
            "model": model,
            "messages": [{"role": "user", "content": f"Hello at {time.time()}"}],
            "max_tokens": 16,
            "stream": False,
        },
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"]


def test_sillytavern_fetches_nothing_from_its_neighbours(tavern: httpx.Client) -> None:
    """It fetches addresses that people type in; those of the node's other containers are none of them."""
    answer = tavern.post(
        "/api/backends/chat-completions/status",
        json={"chat_completion_source": "custom", "custom_url": "http://thanos-vllm-backup:8000/v1"},
    )

    assert answer.json() == {"error": True}


def test_the_research_service_lives_without_a_password(deployed: Stack) -> None:
    base = f"http://{deployed.settings.nodes.thanos.address}:{gpt_researcher.PORT}"

    assert httpx.get(f"{base}/healthz", trust_env=False).json() == {"status": "ok"}


def test_research_in_the_web_says_which_key_is_missing(research: httpx.Client) -> None:
    answer = research.post("/report/", json={"task": "What is a tavern?"})

    assert answer.status_code == 503
    assert "brave_api_key" in answer.text


def test_a_report_is_written_over_a_persons_document(research: httpx.Client) -> None:
    name = "harbour.txt"
    assert research.post("/upload/", files={"file": (name, TAVERN.encode())}).status_code == 200
    try:
        answer = research.post(
            "/report/",
            json={
                "task": "When did the oldest tavern of the harbour open?",
                "report_source": "local",
                "generate_in_background": False,
            },
        )
    finally:
        research.delete(f"/files/{name}")

    assert answer.status_code == 200, answer.text
    written = answer.json()
    assert name in written["research_information"]["source_urls"]
    kept = research.get(f"/api/reports/{written['research_id']}").json()["report"]
    assert (kept["status"], kept["answer"]) == ("done", written["report"])
    assert written["report"]
    assert research.delete(f"/api/reports/{written['research_id']}").json() == {"success": True}


def test_questions_that_make_no_sense_are_refused_with_all_that_is_wrong(research: httpx.Client) -> None:
    answer = research.post("/report/", json={"task": " ", "report_type": "poem", "tone": "Loud"})

    assert answer.status_code == 400
    assert {line.partition(":")[0] for line in answer.text.splitlines()} == {"task", "report_type", "tone"}
