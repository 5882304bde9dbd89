"""The example of docs/add-a-service.md, executed: one value brings everything that a service needs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.catalogue import images, thanos
from components.catalogue.images import image
from components.catalogue.limits import limits
from components.catalogue.redis import PORT as REDIS_PORT
from components.catalogue.swarm import swarm
from components.config.settings import Settings
from components.model.access import Access, Flow, Probe, Protocol
from components.model.checks import find_problems
from components.model.images import Image
from components.model.mounts import DataVolume
from components.model.parts import Health, Metrics, Port
from components.model.specs import ServiceSpec
from components.model.tailnet import PEOPLE, openings
from ops.documents.services import services_document
from ops.plan.report import plan
from ops.stack import Stack
from tests.components.recording import Recording
from tests.components.test_program import run
from tests.unit.components.stacks import ROOT, settings

DOCUMENT = (ROOT / "docs" / "add-a-service.md").read_text(encoding="utf-8")
DIGEST = f"sha256:{'a' * 64}"
KNOWN = {
    item.__name__: item
    for item in (Access, DataVolume, Flow, Health, Metrics, Port, Probe, Protocol, ServiceSpec, Settings)
} | {"image": image, "limits": limits, "NODE": thanos.NODE}


def block() -> str:
    """The one block of code."""
    (found,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return str(found)


def declared(given: Settings) -> ServiceSpec:
    """What the block's last line adds to the node's list, after all before it was executed."""
    *function, line = ast.parse(block()).body
    names: dict[str, Any] = {**KNOWN, "settings": given}
    exec(compile(ast.Module(function, []), "add-a-service.md", "exec"), names)  # noqa: S102 - our own document
    assert isinstance(line, ast.Expr)
    return eval(compile(ast.Expression(line.value), "add-a-service.md", "eval"), names)  # type: ignore[no-any-return]  # noqa: S307 - our own document


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue with the document's image, and its service in thanos' list."""
    (entry,) = re.findall(r'_Entry\("(\S+)", "(\S+)", user="(\S+)"\)', DOCUMENT)
    name, tagged, user = entry
    platforms = ("linux/amd64", "linux/arm64")
    locked = Image(name=name, reference=f"{tagged}@{DIGEST}", platforms=platforms, user=user)
    monkeypatch.setattr(images, "IMAGES", {**images.IMAGES, name: locked})
    before = thanos.services
    monkeypatch.setattr(thanos, "services", lambda given: (*before(given), declared(given)))


@pytest.fixture
def prod() -> Stack:
    """Production with the service."""
    given = settings("prod")
    return Stack("prod", given, tuple(spec for specs in swarm(given).values() for spec in specs))


@pytest.fixture
def recording() -> Recording:
    """What the program asks the engine for."""
    return run("prod")


def test_it_takes_less_than_twenty_lines_and_nothing_is_wrong_with_it(prod: Stack) -> None:
    assert len(block().splitlines()) < 20
    assert find_problems(prod.settings, swarm(prod.settings)) == []
    assert "thanos-notes" in {spec.full_name for spec in prod.services}


def test_it_brings_a_hardened_container_at_its_tailnet_address(prod: Stack, recording: Recording) -> None:
    container = recording.one(":Container", "thanos-notes").inputs

    assert container["image"] == f"ghcr.io/example/notes:1.4.0@{DIGEST}"
    assert (container["user"], container["readOnly"], container["capabilities"]["drops"]) == (
        "1000:1000",
        True,
        ["ALL"],
    )
    (port,) = container["ports"]
    assert (port["ip"], port["external"]) == (str(prod.nodes["thanos"].address), 8090)


def test_it_brings_a_volume_that_outlives_it(recording: Recording) -> None:
    volume = recording.one(":Volume", "thanos-notes-data")

    assert volume.request.protect
    assert volume.request.retainOnDelete
    mounts = recording.one(":Container", "thanos-notes").inputs["volumes"]
    assert [mount["containerPath"] for mount in mounts if mount.get("volumeName") == "thanos-notes-data"] == [
        "/data"
    ]


def configuration(prod: Stack, service: str, file: str) -> str:
    """A configuration file that is delivered to a service."""
    (spec,) = (spec for spec in prod.services if spec.full_name == service)
    assert spec.configuration is not None
    (text,) = (each.text for each in spec.configuration.files if each.name == file)
    return text


def test_prometheus_scrapes_it(prod: Stack) -> None:
    found = yaml.safe_load(configuration(prod, "oracle-prometheus", "prometheus.yml"))

    (job,) = (job for job in found["scrape_configs"] if job["job_name"] == "thanos-notes")
    assert job["static_configs"][0]["targets"] == [f"{prod.nodes['thanos'].address}:8090"]


def test_an_alert_comes_when_it_is_away(prod: Stack) -> None:
    found = yaml.safe_load(configuration(prod, "oracle-prometheus", "prometheus.yml"))
    (job,) = (job for job in found["scrape_configs"] if job["job_name"] == "thanos-notes")
    labels = job["static_configs"][0]["labels"]
    rules = yaml.safe_load(configuration(prod, "oracle-prometheus", "alerts.yml"))["groups"]
    (down,) = (rule for group in rules for rule in group["rules"] if rule["alert"] == "ServiceDown")

    assert f'up{{watch="{labels["watch"]}"}}' in down["expr"]


def test_documents_and_plan_know_it(prod: Stack) -> None:
    text = services_document(prod)
    (restart,) = (blast for blast in plan(prod).restarts if blast.service == "oracle-redis")

    assert (
        "| notes | thanos | 8090 | `ghcr.io/example/notes:1.4.0` | 1000:1000 | 256 MiB | data 1 GiB |" in text
    )
    assert "| thanos-notes | 8090 | HTTP | people, monitoring | `/` refused |" in text
    assert 'thanos_notes -->|"redis"| oracle_redis' in text
    assert "thanos-notes" in restart.direct


def test_every_place_that_the_document_names_is_there() -> None:
    named = re.findall(r"`((?:components|lab|docs)/[\w./-]+|Pulumi\.\w+\.yaml)`", DOCUMENT)

    assert len(named) >= 4
    assert [path for path in named if not (ROOT / path).exists()] == []
    links = re.findall(r"\]\(([\w./-]+)\)", DOCUMENT)
    missing = [link for link in links if not (Path(ROOT) / "docs" / link).exists()]
    assert missing == []


def test_the_tailnet_lets_it_reach_redis_and_people_reach_it(prod: Stack) -> None:
    found = openings(prod.settings, swarm(prod.settings))

    ports = {(opening.source, opening.target): opening.ports for opening in found}
    assert REDIS_PORT in ports["thanos", "oracle"]
    assert 8090 in ports[PEOPLE, "thanos"]
    assert 8090 in ports["oracle", "thanos"], "for Prometheus and Consul"


def test_consul_registers_it_with_a_check(prod: Stack) -> None:
    found = json.loads(configuration(prod, "oracle-consul", "services.json"))

    (entry,) = (entry for entry in found["services"] if entry["name"] == "thanos-notes")
    address = prod.nodes["thanos"].address
    assert (entry["address"], entry["port"]) == (str(address), 8090)
    assert entry["check"]["http"] == f"http://{address}:8090/health"
