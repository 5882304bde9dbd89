"""Railway's router in the lab's stack: who it answers, when, and what is never sent to it."""

from __future__ import annotations

import csv
import json
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from components.catalogue import railway
from components.catalogue.cloud_door import NAME as POOL
from components.catalogue.credentials import (
    LITELLM_MASTER_KEY,
    OPERATOR_NAME,
    RAILWAY_ROUTER_KEY,
    RAILWAY_ROUTER_KEY_PARTS,
)
from lab import nodes, paths
from ops import secret_values, stack
from ops.drill.door import ANSWERED_BY, Door
from ops.rotate import programs
from ops.rotate.programs import Answer
from ops.stack import Stack
from tests.e2e.waiting import eventually

DRILL_SECONDS = 500


def figures(deployed: Stack) -> dict[str, dict[str, str]]:
    """What the proxy says of the router, by the way there: as a step, and in the gateway's place."""
    answer = httpx.get(
        f"{stack.urls(deployed.name)['stats']}/stats;csv",
        auth=(OPERATOR_NAME, stack.output(deployed.name, "operator_password")),
        trust_env=False,
    )
    rows = csv.DictReader(answer.raise_for_status().text.removeprefix("# ").splitlines())
    return {row["pxname"]: row for row in rows if row["svname"] == POOL}


def sent(deployed: Stack) -> int:
    """Requests that were sent to Railway by either way; health checks are not among them."""
    return sum(int(row["stot"]) for row in figures(deployed).values())


@contextmanager
def without_engines(deployed: Stack) -> Iterator[None]:
    """All of them stopped; started again, and answering, afterwards."""
    engines = [spec for spec in deployed.services if spec.gpu_share]
    assert len(engines) == 3
    try:
        for spec in engines:
            nodes.ssh(spec.node, f"docker stop --time 5 {spec.full_name}")
        yield
    finally:
        for spec in engines:
            nodes.ssh(spec.node, f"docker start {spec.full_name}")


def test_the_proxy_has_railway_as_a_backup_that_works(deployed: Stack) -> None:
    def shown() -> dict[str, tuple[str, str, str]]:
        return {way: (row["act"], row["bck"], row["status"][:2]) for way, row in figures(deployed).items()}

    expected = {POOL: ("0", "1", "UP"), "cloud": ("0", "1", "UP")}
    eventually(lambda: shown() == expected, within_seconds=30)


def test_only_the_routers_own_key_opens_it(deployed: Stack) -> None:
    """Over TLS at its edge; the gateway's key, which clients have, is a stranger's there."""
    values = secret_values.known_secrets(deployed.name)
    prefix = str(RAILWAY_ROUTER_KEY_PARTS[0])
    ask = programs.edge(railway.domain(deployed.settings), deployed.settings.railway.edge, prefix=prefix)

    assert ask(values[RAILWAY_ROUTER_KEY.name]).answer is Answer.ACCEPTED
    assert ask(values[LITELLM_MASTER_KEY.name]).answer is Answer.REFUSED
    assert ask(secrets.token_hex(24)).answer is Answer.REFUSED


def test_a_question_beyond_its_context_is_never_sent(
    front_door: httpx.Client, deployed: Stack, restored: Stack
) -> None:
    door = Door(front_door, restored.settings.models.public_name)
    long = {"role": "user", "content": "word " * (railway.QUESTION_TOKENS + 1)}
    body = {"model": door.model, "messages": [long], "max_tokens": 8}

    assert front_door.post("/v1/chat/completions", json=body).status_code == 200
    with without_engines(deployed):
        assert door.ask().by == railway.ROUTER_STEP
        before = sent(deployed)
        answer = front_door.post("/v1/chat/completions", json=body)

        assert answer.status_code == 429
        assert "No deployments available" in answer.json()["error"]["message"]
        assert ANSWERED_BY not in answer.headers
        assert sent(deployed) == before
        assert door.ask().by == railway.ROUTER_STEP
        assert sent(deployed) == before + 1


def test_the_drill_passes_and_what_it_measures_was_sent(deployed: Stack, restored: Stack) -> None:
    before = sent(restored)
    done = subprocess.run(
        ("./swarm", "drill", "railway-failover", "--json"),
        cwd=paths.REPO, capture_output=True, text=True, check=False, timeout=DRILL_SECONDS,
    )  # fmt: skip
    found = json.loads(done.stdout)

    assert [one for one in found if not one["good"]] == []
    assert done.returncode == 0
    assert sent(deployed) > before
