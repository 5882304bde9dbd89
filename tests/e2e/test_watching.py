"""The way of an alert through the real programs: seen from outside, told of, silenced, delivered."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from components.catalogue.swarm import swarm
from components.model.files import Configuration
from components.model.specs import ServiceSpec
from components.render.alerts.services import NODE_DOWN
from lab import docker, images
from lab.steps import Steps
from tests.e2e.containers import Running, Workbench, workbench
from tests.e2e.waiting import eventually
from tests.unit.components.stacks import settings

Alert = dict[str, Any]
WEBHOOK = "alert_webhook_url"


def spec(name: str, **changes: object) -> ServiceSpec:
    specs = (spec for specs in swarm(settings("lab", **changes)).values() for spec in specs)
    return next(found for found in specs if found.full_name == name)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with workbench(tmp_path_factory.mktemp("watching"), images.ensure(Steps())) as made:
        yield made


@pytest.fixture(scope="module")
def prober(bench: Workbench) -> Iterator[Running]:
    with bench.started(spec("oracle-blackbox-exporter")) as running:
        yield running


def look(prober: Running, module: str, target: str) -> str:
    """What the exporter shows about a target."""
    url = f"http://127.0.0.1:9115/probe?module={module}&target={target}"
    return prober.run("wget", "-q", "-O", "-", url).text


def test_a_service_is_seen_from_outside(bench: Workbench, prober: Running) -> None:
    with bench.started(spec("oracle-redis")):
        assert "probe_success 1" in look(prober, "tcp", "oracle-redis:6379")
    assert "probe_success 0" in look(prober, "tcp", "oracle-redis:6379")
    assert "probe_success 1" in look(prober, "http", "http://127.0.0.1:9115/-/healthy")
    assert "probe_success 0" in look(prober, "http", "http://127.0.0.1:9115/probe")
    assert "probe_success 0" in look(prober, "vault", "http://127.0.0.1:9115/-/healthy"), "without TLS"


@dataclass
class Listener:
    """Who is told of alerts."""

    port: int = 0
    messages: list[Alert] = field(default_factory=list)

    def alerts(self) -> list[str]:
        """Names of the alerts that were told of."""
        return [alert["labels"]["alertname"] for message in self.messages for alert in message["alerts"]]


@contextmanager
def listening(address: str) -> Iterator[Listener]:
    listener = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep the message."""
            body = self.rfile.read(int(self.headers["content-length"]))
            listener.messages.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer((address, 0), Handler) as server:
        listener.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield listener
        server.shutdown()


def with_webhook(url: str) -> ServiceSpec:
    """Alertmanager with the address for alerts set.

    Debian's knows no `url_file` yet: it gets what it would read from there. And it does not wait for more
    alerts of the same group.
    """
    service = spec("oracle-alertmanager", keys_in_vault={WEBHOOK: 1})
    assert service.configuration is not None
    (file,) = service.configuration.files
    (secret,) = service.secrets
    assert f"url_file: {secret.path}" in file.text
    text = file.text.replace(f"url_file: {secret.path}", f"url: {url}")
    text = text.replace("group_wait: 30s", "group_wait: 2s")
    files = Configuration(folder=service.configuration.folder, files=(replace(file, text=text),))
    return replace(service, configuration=files, secrets=())


def test_a_node_that_is_down_is_told_of_and_its_services_are_not(bench: Workbench) -> None:
    form = "--format={{(index .IPAM.Config 0).Gateway}}"
    gateway = docker.docker("network", "inspect", form, bench.network).strip()
    with (
        listening(gateway) as listener,
        bench.started(with_webhook(f"http://{gateway}:{listener.port}/")) as teller,
    ):
        down = [
            ("ServiceDown", "thanos", "critical", "job=thanos-vllm-backup"),
            (NODE_DOWN, "thanos", "critical", ""),
            ("ServiceDown", "oracle", "critical", "job=oracle-redis"),
            ("CardWarm", "starlord", "warning", "topic=heat"),
            ("CardHot", "starlord", "critical", "topic=heat"),
        ]
        for name, node, severity, more in down:
            labels = [f"alertname={name}", f"node={node}", f"severity={severity}", *more.split()]
            said = teller.run("amtool", "--alertmanager.url=http://127.0.0.1:9093", "alert", "add", *labels)
            assert said.status == 0, said.text

        eventually(lambda: len(listener.messages) >= 3, within_seconds=30)
        told = sorted((m["commonLabels"]["node"], m["commonLabels"]["alertname"]) for m in listener.messages)
        assert told == [("oracle", "ServiceDown"), ("starlord", "CardHot"), ("thanos", NODE_DOWN)]
        assert teller.figures()['alertmanager_notifications_failed_total{integration="webhook"}'] == 0


def test_without_an_address_alerts_are_shown_and_nobody_is_told(bench: Workbench) -> None:
    with bench.started(spec("oracle-alertmanager")) as teller:
        amtool = ("amtool", "--alertmanager.url=http://127.0.0.1:9093")
        assert teller.run(*amtool, "alert", "add", "alertname=A", "node=oracle").status == 0
        assert "A" in teller.run(*amtool, "alert", "query", "--output=simple").text
        sent = [
            value
            for series, value in teller.figures().items()
            if series.startswith("alertmanager_notifications_total")
        ]
    assert set(sent) == {0}


def test_prometheus_finds_alertmanager_and_the_prober_and_reads_its_rules(
    bench: Workbench, prober: Running
) -> None:
    with bench.started(spec("oracle-alertmanager")), bench.started(spec("oracle-prometheus")) as watcher:

        def ask(path: str) -> dict[str, Any]:
            text = watcher.run("wget", "-q", "-O", "-", f"http://127.0.0.1:9090/api/v1/{path}").text
            found: dict[str, Any] = json.loads(text)["data"]
            return found

        def value(query: str) -> str:
            result = ask(f"query?query={query}")["result"]
            return str(result[0]["value"][1]) if result else ""

        def warned_of() -> set[str]:
            return {alert["labels"].get("job", "") for alert in ask("alerts")["alerts"]}

        eventually(lambda: value('up{job="oracle-alertmanager"}') == "1", within_seconds=60)
        eventually(lambda: value('probe_success{job="oracle-redis"}') == "0", within_seconds=60)
        eventually(lambda: bool(ask("alertmanagers")["activeAlertmanagers"]), within_seconds=60)
        assert prober.is_healthy()
        names = {rule["name"] for group in ask("rules")["groups"] for rule in group["rules"]}
        assert {"ServiceDown", NODE_DOWN, "CardHot", "BackupOld"} <= names
        wanted = {"oracle-redis", "thanos-vllm-backup"}
        eventually(lambda: wanted <= warned_of(), within_seconds=60)
