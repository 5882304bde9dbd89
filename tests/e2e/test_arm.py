"""The architecture rule for real: a node declared arm64 runs arm64 programs, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import images, nodes
from lab.steps import Steps
from tests.e2e.engine import UP, Config, inspect
from tests.e2e.probe_program import Probe, pause_image, running_probe
from tests.e2e.waiting import eventually

EMULATED_SECONDS = 180
"""An emulated PostgreSQL takes about ten seconds to its first answer; a busy machine takes longer."""


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    with running_probe(tmp_path_factory.mktemp("arm")) as probe:
        probe.config["aiswarm:nodes"]["oracle"]["arch"] = "arm64"
        yield probe


@pytest.fixture(scope="module")
def services() -> tuple[Config, Config]:
    """PostgreSQL and Redis as on the swarm's oracle, but under names of their own."""
    built = images.ensure_arm64(Steps())
    common = {"node": "oracle", "interval_seconds": 5, "memory_mib": 256, "cpus": "1.0"}
    postgres = {
        **common,
        "name": "arm-postgres",
        "image": built["postgres"].reference,
        "platforms": list(built["postgres"].platforms),
        "user": "70:70",
        "health": ["CMD", "pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres"],
        "env": {
            "PGDATA": "/var/lib/postgresql/data/pgdata",
            "POSTGRES_PASSWORD_FILE": "/run/secrets/password",
        },
        "secrets": ["password"],
        "volumes": [{"name": "data", "path": "/var/lib/postgresql/data"}],
        "scratch": {"/tmp": 16, "/var/run/postgresql": 8},
    }
    redis = {
        **common,
        "name": "arm-redis",
        "image": built["redis"].reference,
        "platforms": list(built["redis"].platforms),
        "user": "999:1000",
        "command": ["redis-server", "--dir", "/tmp"],
        "health": ["CMD", "redis-cli", "ping"],
        "scratch": {"/tmp": 16},
    }
    return postgres, redis


def healthy(container: str) -> bool:
    return str(inspect("oracle", container)["State"]["Health"]["Status"]) == "healthy"


def test_postgres_and_redis_run_as_arm64(probe: Probe, services: tuple[Config, Config]) -> None:
    probe.up(*services)

    for name in ("oracle-arm-postgres", "oracle-arm-redis"):
        assert nodes.ssh("oracle", f"docker exec {name} uname -m").strip() == "aarch64"
        eventually(lambda name=name: healthy(name), within_seconds=EMULATED_SECONDS)  # type: ignore[misc] # a default
    nodes.ssh("oracle", "docker exec oracle-arm-redis redis-cli set answer 42")
    assert nodes.ssh("oracle", "docker exec oracle-arm-redis redis-cli get answer").strip() == "42"
    query = "psql --username=postgres --tuples-only --command='select 6 * 7'"
    assert nodes.ssh("oracle", f"docker exec oracle-arm-postgres {query}").strip() == "42"
    assert probe.engine.run("preview", "--refresh", "--expect-no-changes").status == 0


def test_an_image_of_the_other_architecture_never_starts(probe: Probe) -> None:
    probe.describe({**pause_image(), "node": "oracle", "name": "foreign"})

    answer = probe.engine.run(*UP)

    assert answer.status != 0
    assert "oracle-foreign" in answer.text
    assert "platform" in answer.text
    assert nodes.ssh("oracle", "docker ps --all --quiet --filter name=oracle-foreign").strip() == ""
