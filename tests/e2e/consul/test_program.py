"""What the real program makes of our files: who is refused, what checks say, and how tokens end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from components.catalogue.swarm import swarm
from tests.e2e.consul.conftest import Running
from tests.e2e.consul.server import Tokens
from tests.e2e.waiting import eventually
from tests.unit.components.stacks import STACKS, settings


@pytest.mark.parametrize("stack", STACKS)
def test_the_files_of_a_stack_are_valid(binary: Path, tmp_path: Path, stack: str) -> None:
    (spec,) = (spec for spec in swarm(settings(stack))["oracle"] if spec.name == "consul")
    assert spec.configuration is not None
    texts = {file.name: file.text for file in spec.configuration.files if file.name.endswith(".json")}
    for name, text in {**texts, "tokens.json": Tokens().text()}.items():
        (tmp_path / name).write_text(text)

    done = subprocess.run(
        [binary, "validate", *sorted(tmp_path.glob("*.json"))], capture_output=True, text=True, check=False
    )

    assert (done.returncode, len(texts)) == (0, 2), done.stdout + done.stderr


def test_a_stranger_learns_that_it_works_and_nothing_else(running: Running) -> None:
    ask = running.server.get

    assert ":" in ask("/v1/status/leader").text
    assert "<html" in ask("/ui/").text
    assert ask("/v1/agent/self").status_code == 403
    assert ask("/v1/agent/metrics?format=prometheus").status_code == 403
    assert ask("/v1/catalog/services").json() == {}
    assert ask("/v1/kv/anything?raw").status_code == 403


def test_every_service_is_checked_as_its_probe_says(running: Running) -> None:
    expected = {
        "thanos-page": "passing",
        "thanos-port": "passing",
        "thanos-lost-page": "critical",
        "thanos-closed-port": "critical",
    }

    eventually(
        lambda: running.server.states(running.tokens.management) == expected,
        within_seconds=60,
    )


def test_the_token_of_prometheus_opens_figures_and_no_catalogue(running: Running) -> None:
    token, ask = running.tokens.recovery, running.server.get

    assert "consul_raft_" in ask("/v1/agent/metrics?format=prometheus", token).text
    assert ask("/v1/acl/tokens", token).status_code == 403
    assert ask("/v1/kv/anything?raw", token).status_code == 403
    assert ask("/v1/catalog/services", token).json() == {}


def test_former_tokens_end_before_the_server_is_healthy_again(running: Running) -> None:
    server, former = running.server, running.tokens
    assert server.get("/v1/acl/tokens", former.management).status_code == 200
    now = Tokens(gossip_key="dGhpcnR5LXR3byBieXRlcyBmb3IgYW5vdGhlciBrZXk=")

    server.stop()
    server.start(now)

    assert server.get("/v1/acl/tokens", former.management).status_code == 403
    assert server.get("/v1/agent/self", former.recovery).status_code == 403
    assert server.get("/v1/acl/tokens", now.management).status_code == 200
    assert server.get("/v1/agent/self", now.recovery).status_code == 200
    (ring,) = {
        key for ring in server.get("/v1/operator/keyring", now.management).json() for key in ring["Keys"]
    }
    assert ring == now.gossip_key
