"""Every input of a container, and one test for each rule that keeps it hardened and the second `up` quiet."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.deploy.container import go_duration
from components.model.files import ConfigFile, Configuration, Reload
from components.model.specs import ServiceSpec
from tests.components.deploying import deploy_on_oracle, entry
from tests.components.recording import Recording, Registration
from tests.components.samples import REFERENCE, bare, image, rich

DIGEST = Configuration(
    folder="/etc/postgresql", files=(ConfigFile(name="postgresql.conf", text="port = 5432\n"),)
).digest

LABELS = [
    {"label": "aiswarm.configuration", "value": DIGEST},
    {"label": "aiswarm.managed-by", "value": "pulumi"},
    {"label": "aiswarm.node", "value": "oracle"},
    {"label": "aiswarm.service", "value": "postgres"},
    {"label": "aiswarm.stack", "value": "test"},
]
"""All but the version of its secrets."""

EXPECTED = {
    "name": "oracle-postgres",
    "image": REFERENCE,
    "entrypoints": [
        "/bin/sh",
        "-c",
        'until [ -s /run/secrets/.version ]; do sleep 0.2; done; exec "$@"',
        "await-secrets",
    ],
    "command": [
        "/usr/bin/tini",
        "--",
        "postgres",
        "-c",
        "config_file=/etc/postgresql/postgresql.conf",
    ],
    "envs": ["PGDATA=/data", "ZONE=z"],
    "user": "999:998",
    "readOnly": True,
    "capabilities": {"adds": ["CAP_NET_BIND_SERVICE"], "drops": ["ALL"]},
    "securityOpts": ["no-new-privileges:true"],
    "init": True,
    "memory": 2048,
    "memorySwap": 2048,
    "cpus": "2.0",
    "platform": "linux/arm64",
    "shmSize": 256,
    "restart": "unless-stopped",
    "mustRun": True,
    "healthcheck": {
        "tests": ["CMD", "pg_isready"],
        "interval": "1m30s",
        "timeout": "5s",
        "startPeriod": "1m0s",
        "retries": 4,
    },
    "wait": True,
    "waitTimeout": 120,
    "destroyGraceSeconds": 120,
    "stopTimeout": 120,
    "logDriver": "json-file",
    "logOpts": {"max-file": "3", "max-size": "10m"},
    "networksAdvanced": [{"name": "swarm", "aliases": ["postgres"]}],
    "ports": [
        {"internal": 5432, "external": 15432, "ip": "198.51.100.11", "protocol": "tcp"},
        {"internal": 9187, "external": 9187, "ip": "198.51.100.11", "protocol": "tcp"},
    ],
    "tmpfs": {"/tmp": "mode=1777,size=64m", "/run/postgresql": "mode=1777,size=1m"},
    "volumes": [
        {"volumeName": "oracle-postgres-data", "containerPath": "/data"},
        {
            "hostPath": "/opt/swarm/postgres/config",
            "containerPath": "/etc/postgresql",
            "readOnly": True,
        },
        {"volumeName": "oracle-postgres-secrets", "containerPath": "/run/secrets", "readOnly": True},
    ],
}
"""Inputs of the sample that uses every field of a spec."""


def container(spec: ServiceSpec) -> Registration:
    return deploy_on_oracle(spec).one(":Container", spec.full_name)


def labels(found: Registration) -> dict[str, str]:
    return {item["label"]: item["value"] for item in found.inputs["labels"]}


def test_a_container_gets_exactly_these_inputs(deployed: Recording) -> None:
    inputs = dict(deployed.one(":Container", "oracle-postgres").inputs)
    secrets = {"label": "aiswarm.secrets", "value": entry(deployed, "oracle-postgres")["version"]}
    expected = EXPECTED | {"labels": sorted([*LABELS, secrets], key=itemgetter("label"))}

    assert inputs == expected


def test_a_bare_service_is_hardened_too() -> None:
    inputs = container(bare()).inputs

    assert inputs["readOnly"] is True
    assert inputs["capabilities"] == {"adds": [], "drops": ["ALL"]}
    assert inputs["securityOpts"] == ["no-new-privileges:true"]
    assert inputs["user"] == "999:998"
    assert inputs["healthcheck"] == {"tests": ["NONE"]}
    assert inputs["ports"] == inputs["volumes"] == inputs["envs"] == []


@pytest.mark.parametrize(
    "left_alone",
    ["uploads", "mounts", "networkMode", "ipcMode", "pidMode", "hosts", "privileged", "gpus"],
)
def test_what_would_open_or_replace_the_container_is_not_set(deployed: Recording, left_alone: str) -> None:
    assert left_alone not in deployed.one(":Container", "oracle-postgres").inputs


def test_a_gpu_is_handed_over_whole(deployed: Recording) -> None:
    assert deployed.one(":Container", "starlord-vllm").inputs["gpus"] == "all"


def test_a_writable_root_needs_its_reason() -> None:
    assert container(bare(writable_root_reason="writes beside its code")).inputs["readOnly"] is False


def test_a_stand_in_says_so() -> None:
    stand_in = container(bare(image=image(stand_in=True)))

    assert labels(stand_in)["aiswarm.stand-in"] == "true"


def test_only_awaited_services_hold_the_engine_up(deployed: Recording) -> None:
    waiting = {found.name: found.inputs["wait"] for found in deployed.all(":Container")}

    assert waiting == {
        "oracle-vault": False,  # its own command waits, and can say what is wrong
        "oracle-agent": False,  # who needs it waits for its files
        "oracle-postgres": True,
        "oracle-haproxy": False,
        "starlord-agent": False,
        "starlord-vllm": False,
        "thanos-chat": False,
    }
    assert "waitTimeout" not in deployed.one(":Container", "oracle-haproxy").inputs


def configured(text: str, reload: Reload | None = None) -> Configuration:
    return Configuration(folder="/etc/it", files=(ConfigFile(name="it.conf", text=text),), reload=reload)


def test_a_changed_configuration_replaces_the_container() -> None:
    before, after = (container(rich(configuration=configured(text))) for text in ("one", "two"))

    assert labels(before) != labels(after)


def test_a_changed_configuration_that_is_reloaded_leaves_the_container_alone() -> None:
    reload = Reload(check=("true",), signal="HUP")
    before, after = (container(rich(configuration=configured(text, reload))) for text in ("one", "two"))

    assert labels(before) == labels(after)
    assert before.inputs == after.inputs


def test_order_in_the_spec_changes_nothing() -> None:
    spec = rich()
    turned = rich(env=dict(sorted(spec.env.items(), reverse=True)), ports=spec.ports[::-1])

    assert container(spec).inputs == container(turned).inputs


def options(read: Callable[[Any], object], spec: ServiceSpec | None = None) -> object:
    return read(container(spec or rich()).request)


def test_the_old_container_goes_first() -> None:
    assert options(lambda request: (request.deleteBeforeReplaceDefined, request.deleteBeforeReplace)) == (
        True,
        True,
    )


@pytest.mark.parametrize(
    "field", ["healthcheck", "tmpfs", "init", "mounts", "cpuPeriod", "cpuQuota", "#initerror"]
)
def test_edits_that_the_provider_ignores_replace(field: str) -> None:
    assert options(lambda request: field in request.replaceOnChanges) is True


def test_the_container_comes_after_image_files_and_the_services_it_needs(deployed: Recording) -> None:
    assert deployed.one(":Container", "oracle-haproxy").needs == {
        "oracle-haproxy-image",
        "oracle-haproxy-files",
        "oracle-haproxy-secrets",
        "oracle-postgres",
        "oracle-network",
    }


def test_the_image_is_pulled_by_the_same_text_for_the_nodes_architecture(deployed: Recording) -> None:
    platforms = {
        found.name: (found.inputs["name"], found.inputs["platform"], found.inputs["keepLocally"])
        for found in deployed.all(":RemoteImage")
    }

    assert platforms["oracle-postgres-image"] == (REFERENCE, "linux/arm64", True)
    assert platforms["starlord-vllm-image"] == (REFERENCE, "linux/amd64", True)


def test_a_volume_outlives_everything(deployed: Recording) -> None:
    volume = deployed.one(":Volume", "oracle-postgres-data")

    assert volume.inputs["name"] == "oracle-postgres-data"
    assert volume.request.protect
    assert volume.request.retainOnDelete
    assert sorted(volume.request.ignoreChanges) == ["driverOpts", "labels"]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0s"), (5, "5s"), (59, "59s"), (60, "1m0s"), (90, "1m30s"), (3600, "1h0m0s"), (3661, "1h1m1s"),
     (90_000, "25h0m0s")],
)  # fmt: skip
def test_durations_are_written_as_go_prints_them(seconds: int, written: str) -> None:
    assert go_duration(seconds) == written


@given(st.integers(min_value=0, max_value=10**6))
def test_a_duration_says_what_it_was(seconds: int) -> None:
    text = go_duration(seconds)

    units = {"h": 3600, "m": 60, "s": 1}
    rest, total = text, 0
    for unit, size in units.items():
        number, found, after = rest.partition(unit)
        if found:
            total, rest = total + int(number) * size, after
    assert (total, rest) == (seconds, "")
