"""What a client of the swarm sees at its front door."""

from __future__ import annotations

import socket
import ssl
import time

import httpx
import pytest

from components.catalogue.haproxy import API_INTERNAL
from lab import environment, nodes
from ops import chat
from ops.stack import Stack
from tests.e2e.waiting import eventually

LONG = "[stand-in tokens=40 rate=20] Tell me more."
"""Two seconds of stream: 40 tokens at 20 a second."""


def question(deployed: Stack, prompt: str = "Hello") -> dict[str, object]:
    return {
        "model": deployed.settings.models.public_name,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": 16,
    }


def answered_by(client: httpx.Client, deployed: Stack, prompt: str) -> str:
    """Ask something that no cache can know and return the served name of the engine that answered."""
    answer = client.post("/v1/chat/completions", json=question(deployed, prompt))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def test_a_streamed_answer_arrives_token_by_token(
    front_door: httpx.Client, deployed: Stack, key: str
) -> None:
    pieces = list(
        chat.ask(
            str(front_door.base_url).rstrip("/"),
            key=key,
            model=deployed.settings.models.public_name,
            prompt=LONG,
            ca=environment.ca_file(),
        )
    )

    first, last = pieces[0].seconds, pieces[-1].seconds
    assert len(pieces) >= 30
    assert last - first > 1.0, (
        f"first token after {first:.2f} s, last after {last:.2f} s: held back on the way"
    )


@pytest.mark.parametrize("headers", [{"authorization": "Bearer sk-wrong"}, {"authorization": ""}])
def test_a_wrong_key_is_refused(front_door: httpx.Client, deployed: Stack, headers: dict[str, str]) -> None:
    answer = front_door.post("/v1/chat/completions", json=question(deployed), headers=headers)

    assert answer.status_code == 401


def test_plain_http_leads_to_https(front_door: httpx.Client) -> None:
    plain = f"http://{front_door.base_url.host}/v1/models"

    answer = httpx.get(plain, follow_redirects=False, trust_env=False)

    assert answer.status_code in {301, 302, 307, 308}
    assert answer.headers["location"].startswith("https://")


def test_the_swarms_own_services_have_a_door_without_tls_that_asks_for_the_same_key(
    front_door: httpx.Client, key: str
) -> None:
    url = f"http://{front_door.base_url.host}:{API_INTERNAL}/v1/models"

    stranger = httpx.get(url, trust_env=False)
    service = httpx.get(url, headers={"authorization": f"Bearer {key}"}, trust_env=False)

    assert (stranger.status_code, service.status_code) == (401, 200)


def test_old_tls_is_refused(front_door: httpx.Client) -> None:
    context = ssl.create_default_context(cafile=str(environment.ca_file()))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    host = front_door.base_url.host

    with (
        socket.create_connection((host, 443), timeout=10) as plain,
        pytest.raises((ssl.SSLError, OSError)) as refused,
    ):
        context.wrap_socket(plain, server_hostname=host)

    assert "version" in str(refused.value).lower() or "alert" in str(refused.value).lower()


def test_a_stopped_engine_is_passed_over_and_comes_back(
    front_door: httpx.Client, deployed: Stack, restored: Stack
) -> None:
    models = restored.settings.models
    assert models.secondary is not None
    assert models.primary.served_name in answered_by(front_door, deployed, f"before {time.monotonic()}")

    nodes.ssh("starlord", "docker stop --time 5 starlord-vllm-primary")
    for attempt in range(10):
        text = answered_by(front_door, deployed, f"without primary {attempt} {time.monotonic()}")
        assert models.secondary.served_name in text

    nodes.ssh("starlord", "docker start starlord-vllm-primary")
    eventually(
        lambda: models.primary.served_name in answered_by(front_door, deployed, f"back {time.monotonic()}"),
        within_seconds=60,
    )


def test_the_last_engine_answers_when_starlord_is_gone(
    front_door: httpx.Client, deployed: Stack, restored: Stack
) -> None:
    for name in ("vllm-primary", "vllm-secondary"):
        nodes.ssh("starlord", f"docker stop --time 5 starlord-{name}")
    try:
        text = answered_by(front_door, deployed, f"only thanos {time.monotonic()}")
    finally:
        for name in ("vllm-primary", "vllm-secondary"):
            nodes.ssh("starlord", f"docker start starlord-{name}")

    assert restored.settings.models.backup.served_name in text
