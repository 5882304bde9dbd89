"""What we render, before the real programs: each takes its files, and lets in whom it shall and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from components.catalogue.credentials import (
    EXPORTER_NAME,
    GRAFANA_NAME,
    LITELLM_NAME,
    OPEN_WEBUI_NAME,
    OPEN_WEBUI_REDIS_PASSWORD,
    POSTGRES_EXPORTER_PASSWORD,
    POSTGRES_PASSWORD,
    REDIS_EXPORTER_PASSWORD,
    TLS_CERTIFICATE,
    TLS_PRIVATE_KEY,
)
from components.catalogue.swarm import swarm
from components.model.secrets import SecretRef
from components.model.specs import ServiceSpec
from components.render.alerts.machines import BACKUP_STAMP
from lab import images
from lab.steps import Steps
from ops import certificates
from tests.e2e.containers import Running, Said, Workbench, workbench
from tests.unit.components.stacks import STACKS, settings


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("configs"), images.ensure(Steps())) as made:
        authority = certificates.make_authority("authority of the tests")
        door = certificates.issue(authority, common_name="door", addresses=("127.0.0.1",), names=())
        made.texts |= {TLS_CERTIFICATE: door.certificate, TLS_PRIVATE_KEY: door.private_key}
        yield made


def spec(name: str, stack: str = "lab") -> ServiceSpec:
    specs = (spec for specs in swarm(settings(stack)).values() for spec in specs)
    return next(found for found in specs if found.full_name == name)


RELOADING = [
    pytest.param(found, id=f"{stack}-{found.full_name}")
    for stack in STACKS
    for specs in swarm(settings(stack)).values()
    for found in specs
    if found.configuration and found.configuration.reload
]


@pytest.mark.parametrize("service", RELOADING)
def test_the_program_takes_its_configuration(bench: Workbench, service: ServiceSpec) -> None:
    """With the very command that refuses a bad one before it is put in place on a node."""
    assert service.configuration is not None
    assert service.configuration.reload is not None
    folder = service.configuration.folder

    said = bench.run(service, *(word.format(folder=folder) for word in service.configuration.reload.check))

    assert said.status == 0, said.text


@pytest.mark.parametrize("stack", STACKS)
def test_no_alert_has_anything_that_promtool_warns_of(bench: Workbench, stack: str) -> None:
    service = spec("oracle-prometheus", stack)

    said = bench.run(service, "promtool", "check", "rules", "--lint-fatal", "/etc/prometheus/alerts.yml")

    assert said.status == 0, said.text
    assert "rules found" in said.text


@pytest.fixture(scope="module")
def postgres(bench: Workbench) -> Iterator[Running]:
    service = spec("oracle-postgres")
    # The tests' network is another one than the node's, whose addresses the rules name.
    assert service.configuration is not None
    files = tuple(
        replace(file, text=file.text.replace("172.20.1.0/24", "samenet      "))
        for file in service.configuration.files
    )
    service = replace(service, configuration=replace(service.configuration, files=files))
    with bench.started(service) as running:
        for _ in range(2):  # it may be run again
            said = running.run(*service.settle)
            assert said.status == 0, said.text
        yield running


def login(postgres: Running, role: str, database: str, password: str) -> Said:
    command = f"PGPASSWORD={password} psql -w -h 127.0.0.1 -U {role} -d {database} -tAc 'SELECT 6 * 7'"
    return postgres.run("sh", "-c", command)


@pytest.mark.parametrize("role", [LITELLM_NAME, OPEN_WEBUI_NAME, GRAFANA_NAME])
def test_a_role_has_its_own_database_and_its_own_password(
    bench: Workbench, postgres: Running, role: str
) -> None:
    (ref,) = next(
        file.references for file in postgres.spec.secrets if file.name == f"{role}_database_password"
    )
    right = bench.value(ref)
    others = {LITELLM_NAME, OPEN_WEBUI_NAME, GRAFANA_NAME, "postgres"} - {role}

    assert login(postgres, role, role, right).text.strip() == "42"
    assert "password authentication failed" in login(postgres, role, role, "wrong").text
    for database in others:
        assert "no pg_hba.conf entry" in login(postgres, role, database, right).text


def test_who_reads_figures_is_no_superuser_and_reads_no_table(bench: Workbench, postgres: Running) -> None:
    password = bench.value(POSTGRES_EXPORTER_PASSWORD)
    rights = "SELECT rolsuper, rolcreaterole, pg_has_role('pg_monitor', 'member') FROM pg_roles"
    query = f"{rights} WHERE rolname = current_user"
    login_there = f"PGPASSWORD={password} psql -w -h 127.0.0.1 -U {EXPORTER_NAME} -d postgres -tAc"

    assert postgres.run("sh", "-c", f'{login_there} "{query}"').text.strip() == "f|f|t"
    assert "permission denied" in postgres.run("sh", "-c", f"{login_there} 'TABLE pg_authid'").text
    assert "password authentication failed" in login(postgres, EXPORTER_NAME, "postgres", "wrong").text
    for database in (LITELLM_NAME, OPEN_WEBUI_NAME, GRAFANA_NAME):
        assert "no pg_hba.conf entry" in login(postgres, EXPORTER_NAME, database, password).text


def test_the_superuser_never_logs_in_over_the_network(bench: Workbench, postgres: Running) -> None:
    said = login(postgres, "postgres", "postgres", bench.value(POSTGRES_PASSWORD))

    assert "pg_hba.conf rejects connection" in said.text


def test_figures_of_the_database(bench: Workbench, postgres: Running) -> None:
    with bench.started(spec("oracle-postgres-exporter")) as exporter:
        figures = exporter.figures()

    assert postgres.is_healthy()
    assert figures["pg_up"] == 1
    assert figures["pg_exporter_last_scrape_error"] == 0
    databases = {series for series in figures if series.startswith("pg_database_size_bytes")}
    assert [series for series in databases if f'datname="{GRAFANA_NAME}"' in series]


@pytest.fixture(scope="module")
def redis(bench: Workbench) -> Iterator[Running]:
    with bench.started(spec("oracle-redis")) as running:
        yield running


def says(redis: Running, user: str, password: str, *commands: str) -> list[str]:
    lines = "\n".join((f"AUTH {user} {password}", *commands))
    return redis.run("redis-cli", stdin=f"{lines}\n").text.split("\n")


def test_open_webui_sees_its_own_keys_only(bench: Workbench, redis: Running) -> None:
    password = bench.value(OPEN_WEBUI_REDIS_PASSWORD)

    said = says(redis, OPEN_WEBUI_NAME, password, "SET open-webui:a 1", "GET open-webui:a", "GET litellm:a")

    assert said[:3] == ["OK", "OK", "1"]
    assert said[3].startswith("NOPERM")
    assert says(redis, OPEN_WEBUI_NAME, "wrong")[0].startswith("WRONGPASS")


@pytest.mark.parametrize(
    "command", ["GET a", "SET a 1", "CONFIG GET *", "SLOWLOG GET", "FLUSHALL", "ACL LIST"]
)
def test_who_reads_figures_of_redis_reads_nothing_else(
    bench: Workbench, redis: Running, command: str
) -> None:
    said = says(redis, EXPORTER_NAME, bench.value(REDIS_EXPORTER_PASSWORD), "PING", command)

    assert said[:2] == ["OK", "PONG"]
    assert said[2].startswith("NOPERM")


def test_figures_of_redis(bench: Workbench, redis: Running) -> None:
    with bench.started(spec("oracle-redis-exporter")) as exporter:
        figures = exporter.figures()

    assert redis.is_healthy()
    assert figures["redis_up"] == 1
    assert figures["redis_memory_max_bytes"] > 0
    assert [series for series, value in figures.items() if "last_scrape_error" in series and value] == []


def test_an_exporter_with_another_password_says_that_the_service_is_down(
    bench: Workbench, redis: Running
) -> None:
    service = spec("oracle-redis-exporter")
    other = SecretRef(name="another-password")
    (file,) = service.secrets
    parts = tuple(other if isinstance(part, SecretRef) else part for part in file.parts)
    with bench.started(replace(service, secrets=(replace(file, parts=parts),))) as exporter:
        assert exporter.figures()["redis_up"] == 0
    assert redis.is_healthy()


def test_figures_of_the_machine(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "backup.prom").write_text(f"{BACKUP_STAMP} 1.7e+09\n")
    tmp_path.chmod(0o755)
    service = spec("starlord-node-exporter")
    root, written_by_others = service.host_mounts
    mounts = (root, replace(written_by_others, source=str(tmp_path)))
    with bench.started(replace(service, host_mounts=mounts)) as exporter:
        figures = exporter.figures()
        inside = exporter.run("ls", "-A", "/host/run")
        written = exporter.run("sh", "-c", "echo x > /host/tmp/written")

    assert figures[BACKUP_STAMP] == 1.7e9
    assert figures["node_memory_MemTotal_bytes"] > 2**30
    assert [series for series in figures if series.startswith("node_filesystem_avail_bytes")]
    assert not [series for series in figures if "node_network" in series or "node_uname" in series]
    failed = [series for series, value in figures.items() if "collector_success" in series and value != 1]
    assert set(failed) <= {
        f'node_scrape_collector_success{{collector="{name}"}}' for name in OF_REAL_MACHINES
    }
    assert inside.text == ""  # the engine's socket is in there on the machine
    assert written.status != 0


OF_REAL_MACHINES = ("edac", "hwmon", "thermal_zone", "pressure", "diskstats")
"""What a virtual machine's kernel may not show at all."""
