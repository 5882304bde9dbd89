"""The Vault server or an agent is away: what still works, and that everything heals without help.

On thanos, where one service has secrets. None of these tests changes anything that `up` would have to mend.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from lab import nodes
from ops.stack import Stack
from tests.e2e.engine import Engine, inspect
from tests.e2e.vault import SERVER, Audit, address, await_active, program, rendered, timed
from tests.e2e.waiting import eventually

NODE, AGENT, CONSUMER = "thanos", "thanos-agent", "thanos-vllm-backup"
ENTRY = "secret/data/thanos/vllm-backup"
VOLUME = "/var/lib/docker/volumes/thanos-vllm-backup-secrets/_data"


def docker(node: str, words: str) -> str:
    return nodes.ssh(node, f"docker {words}")


@pytest.fixture(autouse=True)
def served_again(deployed: Stack) -> Iterator[None]:
    """Whatever a test has stopped runs afterwards."""
    yield
    docker("oracle", f"start {SERVER}")
    docker(NODE, f"start {AGENT} {CONSUMER}")
    await_active(deployed)
    await_served(deployed)


def await_served(deployed: Stack) -> None:
    """Wait until the consumer accepts the key that its agent has fetched."""
    eventually(lambda: accepts_key(deployed), within_seconds=120, poll_seconds=0.2)


def accepts_key(deployed: Stack) -> bool:
    url = f"http://{deployed.nodes[NODE].address}:8002/v1/models"
    key = docker(NODE, f"exec {CONSUMER} cat /run/secrets/engine_key || true")
    try:
        strange = httpx.get(url, trust_env=False).status_code
        known = httpx.get(url, headers={"authorization": f"Bearer {key}"}, trust_env=False).status_code
    except httpx.TransportError:
        return False
    return (strange, known) == (401, 200)


def await_fetched(audit: Audit) -> None:
    """Wait until the agent has read its entry again, so that it could have written anew."""
    eventually(
        lambda: any(it["request"]["path"] == ENTRY and it["type"] == "response" for it in audit.printed()),
        within_seconds=60,
    )


def is_mounted() -> bool:
    """Whether the memory that holds the secrets is there, without which they are nowhere on the node."""
    return f" {VOLUME} tmpfs " in nodes.ssh(NODE, "cat /proc/mounts")


def waits_for_secrets() -> bool:
    """Whether the consumer runs and has not come to its program yet."""
    running = bool(inspect(NODE, CONSUMER)["State"]["Running"])
    return running and "await-secrets" in docker(NODE, f"top {CONSUMER} -eo pid,args")


def test_a_preview_needs_no_server_and_a_refresh_says_what_it_misses(engine: Engine, deployed: Stack) -> None:
    docker("oracle", f"stop {SERVER}")

    with timed("preview without a server"):
        plain = engine.run("preview", "--expect-no-changes")
    with timed("preview --refresh without a server"):
        asking = engine.run("preview", "--refresh", "--expect-no-changes")

    assert plain.status == 0, plain.text
    assert asking.status != 0
    assert f"{address(deployed)}: must answer, got" in asking.text
    assert "Connection refused" in asking.text
    assert "Traceback" not in asking.text


def test_a_restarted_agent_leaves_files_alone(deployed: Stack) -> None:
    before, running = rendered(NODE, CONSUMER), inspect(NODE, CONSUMER)["State"]["StartedAt"]
    audit = Audit.begin()

    docker(NODE, f"restart {AGENT}")
    await_fetched(audit)
    await_served(deployed)

    assert rendered(NODE, CONSUMER) == before, deployed.name
    assert inspect(NODE, CONSUMER)["State"]["StartedAt"] == running


def test_agent_and_consumer_restart_without_a_server(deployed: Stack) -> None:
    """The one that runs holds the memory in which the secrets are."""
    before = rendered(NODE, CONSUMER)
    docker("oracle", f"stop {SERVER}")

    with timed("agent and consumer restarted without a server"):
        docker(NODE, f"restart {AGENT}")
        docker(NODE, f"restart {CONSUMER}")
        await_served(deployed)

    assert rendered(NODE, CONSUMER) == before, deployed.name


def test_a_consumer_that_starts_before_its_agent_waits(deployed: Stack) -> None:
    """With both stopped, the memory is gone: nothing is left on the node, and nothing starts with less."""
    docker(NODE, f"stop {AGENT}")
    assert is_mounted()
    docker(NODE, f"stop {CONSUMER}")
    assert not is_mounted(), deployed.name

    docker(NODE, f"start {CONSUMER}")
    eventually(waits_for_secrets, within_seconds=20)

    with timed("consumer that waited, from the start of its agent"):
        docker(NODE, f"start {AGENT}")
        await_served(deployed)


def test_everything_stopped_heals_once_the_server_is_back(deployed: Stack) -> None:
    docker("oracle", f"stop {SERVER}")
    docker(NODE, f"stop {AGENT} {CONSUMER}")
    docker(NODE, f"start {AGENT} {CONSUMER}")
    eventually(waits_for_secrets, within_seconds=20)

    with timed("everything stopped, from the start of the server"):
        docker("oracle", f"start {SERVER}")
        await_served(deployed)

    with program(deployed) as ours:
        assert ours.get("sys/mounts").is_success
