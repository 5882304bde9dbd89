"""Nodes, their providers, networks and files: what goes where, and over which connection."""

from __future__ import annotations

import base64
import io
import json
import shlex
import tarfile
from pathlib import Path

import pulumi
import pytest

import components.deploy
from components.deploy.files import RUN
from components.deploy.node import NodeArgs, OracleNode
from components.deploy.providers import docker_providers
from components.deploy.secrets import Secrets
from components.model.problems import SpecError
from components.model.specs import ServiceSpec
from tests.components.conftest import CERTIFICATE
from tests.components.recording import Recording, record
from tests.components.samples import HOST_KEY, REFERENCE, bare, rich, settings

NODES = ("oracle", "starlord", "thanos")


def unpacked(recording: Recording, name: str) -> dict[str, tuple[str, int, int]]:
    """Text, mode and owner of what a command puts on the node."""
    packed = base64.b64decode(recording.one(":Command", name).inputs["stdin"].partition("\n")[2])
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            entry.name: (archive.extractfile(entry).read().decode(), entry.mode, entry.uid)  # type: ignore[union-attr]  # files only
            for entry in archive
            if entry.isfile()
        }


@pytest.mark.parametrize("node", NODES)
def test_every_docker_resource_of_a_node_uses_the_nodes_provider(deployed: Recording, node: str) -> None:
    providers = {
        found.request.provider.split("::")[3]
        for found in deployed.registrations
        if found.type.startswith("docker:") and found.name.startswith(node)
    }

    assert providers == {f"{node}-docker"}


def test_a_provider_speaks_ssh_and_trusts_one_key(deployed: Recording) -> None:
    provider = deployed.one("pulumi:providers:docker", "oracle-docker")
    options = json.loads(provider.inputs["sshOpts"])

    assert provider.inputs["host"] == "ssh://root@198.51.100.11"
    assert options[0::2] == ["-o"] * (len(options) // 2)
    assert options[1::2] == [
        "StrictHostKeyChecking=yes",
        "UserKnownHostsFile=/dev/null",
        "GlobalKnownHostsFile=/dev/null",
        f"KnownHostsCommand=/bin/echo 198.51.100.11 {HOST_KEY}",
        "ControlMaster=auto",
        "ControlPath=~/.ssh/aiswarm-%C",
        "ControlPersist=60s",
        "BatchMode=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=10",
        "ServerAliveCountMax=3",
    ]


def test_another_user_and_port_reach_docker_and_the_files() -> None:
    def program() -> None:
        found = settings(user="swarm", port=2222)
        specs = (rich(),)
        args = NodeArgs(
            machine=found.nodes.oracle,
            services=specs,
            secrets=Secrets("secrets", {"oracle": specs}),
            stack="test",
        )
        OracleNode("oracle", args, pulumi.ResourceOptions(providers=[docker_providers(found)["oracle"]]))

    recording = record(program)
    files = recording.one(":Command", "oracle-postgres-files").inputs

    docker = recording.one("docker", "oracle-docker").inputs

    assert docker["host"] == "ssh://swarm@198.51.100.11:2222"
    assert f"KnownHostsCommand=/bin/echo [198.51.100.11]:2222 {HOST_KEY}" in json.loads(docker["sshOpts"])
    assert (files["connection"]["user"], files["connection"]["port"]) == ("swarm", 2222)
    assert files["create"].startswith("sudo -n sh -c ")
    assert files["delete"].startswith("sudo -n rm ")


def test_files_go_over_a_verified_connection_with_the_operators_agent(deployed: Recording) -> None:
    connection = deployed.one(":Command", "oracle-postgres-files").inputs["connection"]

    assert connection == {
        "host": "198.51.100.11",
        "port": 22,
        "user": "root",
        "hostKey": HOST_KEY,
        "dialErrorLimit": 3,
        "perDialTimeout": 10,
    }


def test_files_hold_what_the_spec_says(deployed: Recording) -> None:
    assert unpacked(deployed, "oracle-postgres-files") == {
        "config/postgresql.conf": ("port = 5432\n", 0o444, 0),
        "secrets/password": ("generated-secrets-postgres-password", 0o400, 999),
        "secrets/url": ("postgres://user:generated-secrets-postgres-password@postgres/db", 0o400, 999),
        "complete": ("", 0o400, 0),
    }
    assert unpacked(deployed, "oracle-haproxy-files")["secrets/site.pem"] == (CERTIFICATE, 0o400, 999)


def test_the_command_runs_the_script_that_comes_first_on_its_input(deployed: Recording) -> None:
    files = deployed.one(":Command", "oracle-haproxy-files").inputs
    script = base64.b64decode(files["stdin"].partition("\n")[0])

    assert script == Path(components.deploy.__file__).with_name("deliver.sh").read_bytes()
    assert shlex.split(files["create"]) == [
        "sh", "-c", RUN, "deliver",
        "/opt/swarm/haproxy", "999:998", "oracle-haproxy", REFERENCE, "USR2",
        "haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg",
    ]  # fmt: skip
    assert files["update"] == files["create"]
    assert shlex.split(files["delete"]) == ["rm", "-rf", "--", "/opt/swarm/haproxy"]


def test_nothing_secret_is_said_aloud(deployed: Recording) -> None:
    secrets = ("generated-secrets-postgres-password", CERTIFICATE)
    for found in deployed.registrations:
        public = {key: value for key, value in found.wire.items() if not found.keeps_secret(key)}
        assert not any(secret in json.dumps(public) for secret in secrets), found.urn


def test_a_command_keeps_its_input_and_output_to_itself(deployed: Recording) -> None:
    for files in deployed.all(":Command"):
        assert files.keeps_secret("stdin")
        assert files.inputs["logging"] == "none"
        assert files.inputs["addPreviousOutputInEnv"] is False
        assert {"stdin", "stdout", "stderr"} <= set(files.request.additionalSecretOutputs)
        assert "triggers" not in files.inputs
        assert files.request.deleteBeforeReplace


def test_a_service_without_files_has_no_command(deployed: Recording) -> None:
    assert {found.name for found in deployed.all(":Command")} == {
        "oracle-postgres-files",
        "oracle-haproxy-files",
    }


def test_a_network_has_its_subnet_and_its_gateway(deployed: Recording) -> None:
    assert deployed.one(":Network", "thanos-network").inputs == {
        "name": "swarm",
        "driver": "bridge",
        "ipamConfigs": [{"subnet": "172.20.13.0/24", "gateway": "172.20.13.1"}],
        "labels": [
            {"label": "aiswarm.managed-by", "value": "pulumi"},
            {"label": "aiswarm.node", "value": "thanos"},
            {"label": "aiswarm.stack", "value": "test"},
        ],
    }


def test_components_show_what_they_made(deployed: Recording) -> None:
    shown = {urn.rpartition("::")[2]: outputs for urn, outputs in deployed.outputs.items()}

    assert shown["oracle"] == {"address": "198.51.100.11", "services": ["postgres", "haproxy"]}
    assert shown["oracle-postgres"] == {"container_name": "oracle-postgres"}
    assert shown["secrets"]["names"] == ["postgres-password", "tls_certificate"]


def test_a_service_cannot_wait_for_one_that_comes_later() -> None:
    specs: tuple[ServiceSpec, ...] = (bare("first", after=("second",)), bare("second"))

    def program() -> None:
        args = NodeArgs(
            machine=settings().nodes.oracle,
            services=specs,
            secrets=Secrets("secrets", {"oracle": specs}),
            stack="test",
        )
        OracleNode("oracle", args)

    with pytest.raises(SpecError, match=r"oracle\.first\.after: must name services .* got second"):
        record(program)
