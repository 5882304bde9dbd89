"""A changed HAProxy configuration is taken without dropping an open answer; a broken one is refused."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from lab import nodes, tls
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine, inspect

STREAM_SECONDS = 20
TOKENS_PER_SECOND = 20
PROXY = "oracle-haproxy"


class OpenStream(threading.Thread):
    """A long streamed answer, read in the background."""

    def __init__(self, client: httpx.Client, model: str) -> None:
        super().__init__(daemon=True)
        self._client, self._model = client, model
        self.first_token = threading.Event()
        self.tokens = 0
        self.finished = False

    def run(self) -> None:
        """Read the stream to its end mark."""
        prompt = f"[stand-in tokens={STREAM_SECONDS * TOKENS_PER_SECOND} rate={TOKENS_PER_SECOND}]"
        body = {"model": self._model, "stream": True, "messages": [{"role": "user", "content": prompt}]}
        with self._client.stream("POST", "/v1/chat/completions", json=body) as answer:
            for line in answer.iter_lines():
                if line == "data: [DONE]":
                    self.finished = True
                elif line.startswith("data:"):
                    self._count(json.loads(line.removeprefix("data:")))

    def _count(self, chunk: Config) -> None:
        if any(choice.get("delta", {}).get("content") for choice in chunk["choices"]):
            self.tokens += 1
            self.first_token.set()


@pytest.fixture
def open_stream(front_door: httpx.Client, deployed: Stack) -> OpenStream:
    stream = OpenStream(front_door, deployed.settings.models.public_name)
    stream.start()
    assert stream.first_token.wait(timeout=20), "the stream never began"
    return stream


def test_an_open_answer_survives_a_new_configuration(
    engine: Engine, restored: Stack, open_stream: OpenStream, tmp_path: Path
) -> None:
    def other_rate(config: Config) -> None:
        config.setdefault("aiswarm:gateway", {})["requests_per_minute"] = 4321

    before = inspect("oracle", PROXY)

    engine.altered(tmp_path, other_rate).up()

    assert open_stream.is_alive(), "the answer ended before the reload: nothing was proven"
    after = inspect("oracle", PROXY)
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
    assert "4321" in nodes.ssh("oracle", "cat /opt/swarm/haproxy/config/haproxy.cfg")
    open_stream.join(timeout=STREAM_SECONDS + 30)
    assert open_stream.finished
    assert open_stream.tokens >= STREAM_SECONDS * TOKENS_PER_SECOND * 0.9
    assert restored.settings.gateway.requests_per_minute != 4321


def test_a_certificate_that_does_not_fit_its_key_is_refused(
    engine: Engine, restored: Stack, front_door: httpx.Client, tmp_path: Path
) -> None:
    """Before anything is touched: the proxy would go on with the old one, and then not start again."""
    before = engine.identities()

    def foreign_certificate(config: Config) -> None:
        other = tls.ensure(tmp_path / "tls", address=str(restored.nodes["oracle"].address))
        config["aiswarm:tls_certificate"] = other.certificate

    answer = engine.altered(tmp_path, foreign_certificate).run(*UP)

    assert answer.status != 0
    assert "no host was touched" in answer.text
    assert "aiswarm:tls_private_key: must be the private key of aiswarm:tls_certificate" in answer.text
    assert engine.identities() == before
    assert front_door.get("/v1/models").status_code == 200
