"""Changes that go through the Vault server: its data given up, an `up` that loses it half way, a rotation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest

from lab import nodes
from ops import probe, stack
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine
from tests.e2e.redis import Redis
from tests.e2e.vault import (
    AUDIT_FILE,
    NODES,
    SERVER,
    Audit,
    Watch,
    address,
    await_active,
    container_ids,
    health,
    program,
    say,
    timed,
)
from tests.e2e.waiting import eventually

GENERATION = "aiswarm:vault.generation"


@pytest.fixture(scope="module")
def changed_lab(engine: Engine, deployed: Stack) -> Iterator[Stack]:
    """The lab, which is as its configuration says when all tests of this module are done."""
    yield deployed
    engine.run("cancel", "--yes")
    nodes.ssh("oracle", f"docker start {SERVER}")
    for node in NODES:  # also sets its count of restarts back to none, as after `make up`
        nodes.ssh(node, f"docker restart {node}-agent")
    engine.up("--refresh")
    probe.wait_healthy(deployed, timeout_seconds=180)


@dataclass(frozen=True)
class Rebuilt:
    """A server whose first start in a new generation was cut short, and its successor."""

    broken: str
    """What `up` printed in the end of the first one."""

    before: dict[str, str]
    """Ids of all containers before the second one."""

    audit: Audit
    """What the second one has written down."""


def ids() -> dict[str, str]:
    return {name: each for node in NODES for name, each in container_ids(node).items()}


def begin_badly(engine: Engine, deployed: Stack) -> str:
    """Start the server of a new generation while its audit file cannot be opened; `up` waits for it in vain.

    Mended afterwards, it becomes active and is empty for ever: it initialises itself only once.
    """
    nodes.ssh("oracle", f"mv {AUDIT_FILE} {AUDIT_FILE}.kept && mkdir {AUDIT_FILE}")
    with ThreadPoolExecutor(1) as pool:
        trying = pool.submit(engine.run, *UP)
        try:
            eventually(lambda: health(deployed) == 429, within_seconds=60, poll_seconds=0.2)
        finally:
            nodes.ssh("oracle", f"rmdir {AUDIT_FILE}; mv {AUDIT_FILE}.kept {AUDIT_FILE}")
        answer = trying.result()
    assert answer.status != 0, answer.text
    return answer.text


@pytest.fixture(scope="module")
def rebuilt(engine: Engine, changed_lab: Stack, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """Two generations further, which stay in the lab's configuration: a generation never goes back."""
    generation = stack.read(engine.stack).settings.vault.generation
    engine.ok("config", "set", "--path", GENERATION, str(generation + 2))

    def half_way(config: Config) -> None:
        config["aiswarm:vault"]["generation"] = generation + 1

    broken = begin_badly(engine.altered(tmp_path_factory.mktemp("broken"), half_way), changed_lab)
    before, audit = ids(), Audit.begin()
    with timed("server and content rebuilt by a raised generation"):
        engine.up()
    return Rebuilt(broken, before, audit)


def test_a_first_start_that_was_cut_short_is_told_apart(rebuilt: Rebuilt) -> None:
    assert "vault: must know the program's id, got" in rebuilt.broken, rebuilt.broken
    assert "raise aiswarm:vault.generation" in rebuilt.broken
    assert "oracle-vault-ready" in rebuilt.broken


def test_a_raised_generation_rebuilds_server_and_content_and_nothing_else(
    engine: Engine, changed_lab: Stack, rebuilt: Rebuilt
) -> None:
    now = ids()

    assert {name for name, each in now.items() if rebuilt.before[name] != each} == {SERVER}
    with program(changed_lab) as ours:
        for node in NODES:
            listed = ours.request("LIST", f"secret/metadata/{node}").raise_for_status().json()
            expected = {spec.name for spec in changed_lab.on(node) if spec.rendered}
            assert set(listed["data"]["keys"]) == expected
    quiet = engine.run("preview", "--refresh", "--expect-no-changes")
    assert quiet.status == 0, quiet.text


def raise_epoch(engine: Engine, name: str) -> None:
    """Ask for another value of a secret, as `./swarm rotate` does it; an epoch never goes back either."""
    epoch = stack.read(engine.stack).settings.epochs.get(name, 1)
    engine.ok("config", "set", "--path", f"aiswarm:epochs.{name}", str(epoch + 1))


def killed_half_way(engine: Engine) -> str:
    """What `up` says to a server that loses power as soon as it has begun."""
    with engine.started(*UP, until="Updating") as running:
        nodes.ssh("oracle", f"docker kill {SERVER}")
        assert running.stdout is not None
        said = running.stdout.read()
    assert running.returncode != 0, said
    return said


def test_a_rotation_whose_up_lost_the_server_is_finished_by_the_next(
    engine: Engine, changed_lab: Stack, rebuilt: Rebuilt, front_door: httpx.Client
) -> None:
    redis = Redis.of(changed_lab)
    before, old = set(engine.resources()), redis.password()
    assert redis.accepts(old), rebuilt.broken

    raise_epoch(engine, "redis-password")
    said = killed_half_way(engine)

    assert f"{address(changed_lab)}: must answer, got" in said
    assert set(engine.resources()) == before
    assert redis.accepts(old)

    nodes.ssh("oracle", f"docker start {SERVER}")
    await_active(changed_lab)
    with (
        Watch(redis.answers) as cache,
        Watch(lambda: answers(front_door)) as door,
        timed("rotation of redis-password"),
    ):
        engine.up()
        eventually(lambda: redis.accepts_its_password() and answers(front_door), within_seconds=120)
    say(f"not answering meanwhile: redis {cache.longest_gap_seconds:.1f} s")
    say(f"not answering meanwhile: the front door {door.longest_gap_seconds:.1f} s")

    assert redis.password() != old
    assert not redis.accepts(old)
    assert engine.run("preview", "--refresh", "--expect-no-changes").status == 0


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/v1/models", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_every_agent_finds_its_way_to_the_new_server(rebuilt: Rebuilt) -> None:
    """Their tokens went with the old data: refused, they end, are started again and log in."""

    def read_by(node: str) -> bool:
        return any(
            entry["type"] == "response"
            and "error" not in entry
            and entry["request"]["path"].startswith(f"secret/data/{node}/")
            and f"node-{node}" in entry["auth"]["policies"]
            for entry in rebuilt.audit.printed()
        )

    for node in NODES:
        eventually(lambda: read_by(node), within_seconds=150)  # noqa: B023 - called before the next turn
    assert ids().keys() == rebuilt.before.keys()
