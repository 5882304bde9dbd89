"""Everything that runs is watched by somebody, and who watches is let through to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from components.catalogue import blackbox
from components.catalogue.swarm import swarm
from components.model.access import Protocol
from components.model.endpoints import external_endpoints
from components.model.flows import flows
from components.model.naming import METRICS_FOLDER, service_name
from components.model.secrets import SecretChange
from components.model.specs import ServiceSpec
from components.render.alerts.services import Watch
from components.render.blackbox import Module
from tests.unit.components.render.test_texts import service, text
from tests.unit.components.stacks import STACKS, settings


def specs(stack: str) -> list[ServiceSpec]:
    return [spec for specs in swarm(settings(stack)).values() for spec in specs]


def jobs(stack: str, watch: Watch) -> dict[str, dict[str, Any]]:
    config = yaml.safe_load(text(stack, "oracle-prometheus", "prometheus.yml"))
    found = {job["job_name"]: job for job in config["scrape_configs"]}
    return {
        name: job for name, job in found.items() if job["static_configs"][0]["labels"]["watch"] == str(watch)
    }


@pytest.mark.parametrize("stack", STACKS)
def test_a_service_is_watched_by_its_metrics_or_from_outside(stack: str) -> None:
    """Agents answer nobody: what they do shows in the services that they serve."""
    external = [service_name(each.node, each.name) for each in external_endpoints(settings(stack))]
    with_metrics = {spec.full_name for spec in specs(stack) if spec.metrics}
    probed = {spec.full_name for spec in specs(stack) if spec.probe and not spec.metrics}
    assert set(jobs(stack, Watch.METRICS)) == with_metrics
    assert set(jobs(stack, Watch.PROBE)) == probed | set(external)
    assert {spec.name for spec in specs(stack)} - {
        spec.name for spec in specs(stack) if spec.metrics or spec.probe
    } == {"agent"}


@pytest.mark.parametrize("stack", STACKS)
def test_every_certificate_is_looked_at(stack: str) -> None:
    with_tls = {
        f"{spec.full_name}-certificate"
        for spec in specs(stack)
        for port in spec.ports
        if port.access and port.access.protocol is Protocol.HTTPS
    }
    assert {"oracle-haproxy-certificate", "oracle-vault-certificate"} <= with_tls
    assert set(jobs(stack, Watch.CERTIFICATE)) == with_tls


def test_ways_of_looking() -> None:
    asked = {name: job["params"] for name, job in jobs("prod", Watch.PROBE).items()}
    assert asked["oracle-vault"] == {
        "module": ["vault"],
        "target": ["https://oracle-vault:8200/v1/sys/health"],
    }
    assert asked["oracle-postgres"] == {"module": ["tcp"], "target": ["oracle-postgres:5432"]}
    assert asked["starlord-qdrant"] == {"module": ["http"], "target": ["http://100.72.73.3:6333/readyz"]}
    assert {job["static_configs"][0]["targets"][0] for job in jobs("prod", Watch.PROBE).values()} == {
        "oracle-blackbox-exporter:9115"
    }


def test_a_service_without_metrics_is_looked_at_by_itself() -> None:
    """On another node by its address there, and at its probe's path."""
    plain = replace(service("prod", "thanos-vllm-backup"), metrics=None)
    (look, *_) = blackbox.looks(settings("prod"), [plain], seen_from="oracle")
    assert (look.name, look.node, look.module) == ("thanos-vllm-backup", "thanos", Module.HTTP)
    assert look.target == "http://100.122.12.54:8002/health"


@pytest.mark.parametrize("stack", STACKS)
def test_who_watches_names_every_connection(stack: str) -> None:
    scraped = {name for name in jobs(stack, Watch.METRICS) if name != "oracle-prometheus"}
    probed = set(jobs(stack, Watch.PROBE)) - {"starlord-qdrant"} | {"qdrant"}
    found = flows(settings(stack), swarm(settings(stack)))
    assert {each.target for each in found if each.source == "oracle-prometheus"} >= scraped
    assert {each.target for each in found if each.source == "oracle-blackbox-exporter"} >= probed


def test_the_vault_server_is_asked_as_its_clients_do() -> None:
    authority = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    made = swarm(settings("prod", vault__ca_certificate=authority))["oracle"]
    (spec,) = (spec for spec in made if spec.name == blackbox.NAME)
    assert spec.configuration is not None
    files = {file.name: file.text for file in spec.configuration.files}
    module = yaml.safe_load(files["config.yml"])["modules"]["vault"]["http"]
    assert module["tls_config"] == {
        "ca_file": "/etc/blackbox_exporter/vault-ca.pem",
        "server_name": "100.96.197.84",
    }
    assert files["vault-ca.pem"].strip() == authority.strip()


def test_alerts_are_posted_to_an_address_from_a_file_once_there_is_one() -> None:
    without = service("prod", "oracle-alertmanager")
    assert (without.secrets, without.rendered) == ((), False)
    assert yaml.safe_load(text("prod", "oracle-alertmanager", "alertmanager.yml"))["receivers"] == [
        {"name": "operators"}
    ]
    changes = {"keys_in_vault": {"alert_webhook_url": 1}}
    (secret,) = service("prod", "oracle-alertmanager", **changes).secrets
    (receiver,) = yaml.safe_load(text("prod", "oracle-alertmanager", "alertmanager.yml", **changes))[
        "receivers"
    ]
    assert receiver["webhook_configs"] == [{"url_file": secret.path, "send_resolved": True}]
    assert service("prod", "oracle-alertmanager", **changes).on_secret_change is SecretChange.NOTICE


@pytest.mark.parametrize("node", ["oracle", "starlord", "thanos"])
def test_figures_of_a_machine_are_read_without_its_namespaces_and_without_the_engines_socket(
    node: str,
) -> None:
    spec = service("prod", f"{node}-node-exporter")
    assert [(mount.source, mount.target) for mount in spec.host_mounts] == [
        ("/", "/host"),
        (METRICS_FOLDER, "/figures"),
    ]
    assert all(mount.reason for mount in spec.host_mounts)
    assert "/host/run" in [scratch.path for scratch in spec.scratch]
    others = {each.image.user for each in specs("prod") if each.name != "node-exporter"}
    assert spec.image.user not in others, "it sees the processes of others, and may look into its own"
    (port,) = spec.ports
    assert port.published == (None if node == "oracle" else 9100)


def test_exporters_name_no_password_but_its_file() -> None:
    database, cache = (service("prod", f"oracle-{name}-exporter") for name in ("postgres", "redis"))
    assert database.env["DATA_SOURCE_URI"] == "oracle-postgres:5432/postgres?sslmode=disable"
    assert (database.env["DATA_SOURCE_USER"], cache.env["REDIS_USER"]) == ("exporter", "exporter")
    assert database.env["DATA_SOURCE_PASS_FILE"] == database.secrets[0].path
    assert cache.env["REDIS_PASSWORD_FILE"] == cache.secrets[0].path
    assert {ref.name for ref in (*database.secret_references, *cache.secret_references)} == {
        "postgres-exporter-password",
        "redis-exporter-password",
    }
