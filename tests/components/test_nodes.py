"""Nodes, their providers, networks and files: what goes where, and over which connection."""

from __future__ import annotations

import base64
import io
import json
import shlex
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest

import components.deploy
from components.catalogue import vault
from components.deploy.files import RUN
from components.deploy.node import NodeArgs, OracleNode
from components.deploy.secrets import Secrets
from components.model.host import HostSpec
from components.model.problems import SpecError
from components.model.specs import ServiceSpec
from tests.components.deploying import CERTIFICATE, VAULT_KEY, complete, deployment, entry, silent_commands
from tests.components.recording import GENERATED, Recording, Registration, record
from tests.components.samples import AUTHORITY, HOST_KEY, REFERENCE, SERVER_CERTIFICATE, bare, settings

NODES = ("oracle", "starlord", "thanos")


class Delivery(NamedTuple):
    """What a command gets on its standard input."""

    script: bytes
    version: str
    fixed: str
    files: dict[str, tuple[str, int, int]]
    """Text, mode and owner of each file."""


def delivery(recording: Recording, name: str) -> Delivery:
    script, version, fixed, packed = recording.one(":Command", name).inputs["stdin"].split("\n", 3)
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as archive:
        files = {
            entry.name: (archive.extractfile(entry).read().decode(), entry.mode, entry.uid)  # type: ignore[union-attr]  # files only
            for entry in archive
            if entry.isfile()
        }
    return Delivery(base64.b64decode(script), version, fixed, files)


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
    recording = deployment(found=settings(ssh={"user": "swarm", "port": 2222}))
    docker = recording.one("docker", "oracle-docker").inputs

    assert docker["host"] == "ssh://swarm@198.51.100.11:2222"
    assert f"KnownHostsCommand=/bin/echo [198.51.100.11]:2222 {HOST_KEY}" in json.loads(docker["sshOpts"])
    for command in recording.all(":Command"):
        connection = command.inputs["connection"]
        assert (connection["user"], connection["port"]) == ("swarm", 2222)
        assert command.inputs["create"].startswith("sudo -n ")
    files = recording.one(":Command", "oracle-postgres-files").inputs
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


def test_rendered_secrets_are_no_part_of_what_goes_to_the_disk(deployed: Recording) -> None:
    assert delivery(deployed, "oracle-postgres-files").files == {
        "config/postgresql.conf": ("port = 5432\n", 0o444, 0),
        "complete": ("", 0o400, 0),
    }
    assert set(delivery(deployed, "oracle-haproxy-files").files) == {"config/haproxy.cfg", "complete"}


def test_what_no_agent_can_bring_is_delivered_for_its_user_alone(deployed: Recording) -> None:
    """Without a newline at the end: it would become part of a key."""
    agents = delivery(deployed, "starlord-agent-files").files
    servers = delivery(deployed, "oracle-vault-files").files

    assert agents["secrets/secret_id"] == ("generated-secrets-starlord-agent-id", 0o400, 100)
    assert {name: found for name, found in servers.items() if name.startswith("secrets/")} == {
        "secrets/seal-k1": ("generated-secrets-vault-seal-k1", 0o400, 100),
        "secrets/tls.key": (VAULT_KEY, 0o400, 100),
        "secrets/tls.pem": (SERVER_CERTIFICATE, 0o400, 100),
    }
    assert servers["config/ca.pem"] == agents["config/ca.pem"] == (AUTHORITY, 0o444, 0)


def test_a_delivery_waits_for_the_version_that_the_server_has(deployed: Recording) -> None:
    for service in ("oracle-postgres", "oracle-haproxy"):
        version = delivery(deployed, f"{service}-files").version
        assert len(version) == 64
        assert version == entry(deployed, service)["version"]


def test_a_delivery_waits_for_nothing_where_no_agent_renders(deployed: Recording) -> None:
    for name in ("oracle-vault-files", "oracle-agent-files"):
        assert delivery(deployed, name).version == ""


def test_only_what_data_opens_with_is_never_overwritten(deployed: Recording) -> None:
    fixed = {
        found.name: delivery(deployed, found.name).fixed
        for found in deployed.all(":Command")
        if found.name.endswith("-files")
    }

    assert {name for name, files in fixed.items() if files} == {"oracle-vault-files"}
    assert fixed["oracle-vault-files"] == "seal-k1"


def test_the_command_runs_the_script_that_comes_first_on_its_input(deployed: Recording) -> None:
    files = deployed.one(":Command", "oracle-haproxy-files").inputs
    script = delivery(deployed, "oracle-haproxy-files").script

    assert script == Path(components.deploy.__file__).with_name("deliver.sh").read_bytes()
    assert shlex.split(files["create"]) == [
        "sh", "-c", RUN, "deliver",
        "/opt/swarm/haproxy", "999:998", "oracle-haproxy", REFERENCE,
        "oracle-agent", "/secrets/haproxy/.version", "USR2",
        "haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg",
    ]  # fmt: skip
    assert files["update"] == files["create"]
    assert shlex.split(files["delete"]) == ["rm", "-rf", "--", "/opt/swarm/haproxy"]


def secrets_of(recording: Recording) -> list[str]:
    """Every value of the recording that nobody may read."""
    made = [f"generated-{found.name}" for found in recording.registrations if found.type in GENERATED]
    assert {"generated-secrets-vault-seal-k1", "generated-secrets-fingerprint-key"} <= set(made)
    return [CERTIFICATE, VAULT_KEY, *made]


def test_nothing_secret_is_said_aloud(deployed: Recording) -> None:
    """Neither by a node's resources nor by what is declared in the Vault server."""
    texts = secrets_of(deployed)
    forms = [form for text in texts for form in (text, base64.b64encode(text.encode()).decode())]
    for found in deployed.registrations:
        public = json.dumps({key: value for key, value in found.wire.items() if not found.keeps_secret(key)})
        assert not any(form in public for form in forms), found.urn


def told(recording: Recording, found: Registration) -> str:
    """Everything that a resource is given, readable."""
    files = delivery(recording, found.name).files if found.name.endswith("-files") else {}
    return json.dumps([found.inputs, files])


def test_each_secret_goes_where_it_is_needed_and_nowhere_else(deployed: Recording) -> None:
    goes_to = {
        text: {found.name for found in deployed.registrations if text in told(deployed, found)}
        for text in secrets_of(deployed)
    }

    assert goes_to == {
        CERTIFICATE: {"vault-oracle-haproxy"},
        VAULT_KEY: {"oracle-vault-files"},
        "generated-secrets-vault-seal-k1": {"oracle-vault-files"},
        "generated-secrets-vault-pulumi-id-e1": {
            "vault",
            *(f"oracle-vault-{command}" for command in ("bootstrap", "ready", "retire")),
        },
        "generated-secrets-postgres-password": {"vault-oracle-postgres"},
        "generated-secrets-engine-key": {"vault-starlord-vllm"},
        "generated-secrets-fingerprint-key": set(),
        **{
            f"generated-secrets-{node}-agent-id": {f"{node}-agent-files", f"vault-id-{node}"}
            for node in ("oracle", "starlord")
        },
    }


def test_no_output_of_the_program_holds_a_secret(deployed: Recording) -> None:
    assert "generated-" not in json.dumps(list(deployed.outputs.values()))


def test_a_command_keeps_its_input_and_output_to_itself(deployed: Recording) -> None:
    for command in silent_commands(deployed):
        assert command.keeps_secret("stdin")
        assert command.inputs["logging"] == "none"
        assert command.inputs["addPreviousOutputInEnv"] is False
        assert {"stdin", "stdout", "stderr"} <= set(command.request.additionalSecretOutputs)


def test_files_are_never_replaced_because_the_old_ones_would_be_removed_last(deployed: Recording) -> None:
    for files in deployed.all(":Command"):
        if files.name.endswith("-files"):
            assert "triggers" not in files.inputs
            assert files.request.deleteBeforeReplace


def test_a_service_without_files_has_no_command(deployed: Recording) -> None:
    assert {found.name for found in silent_commands(deployed)} == {
        "oracle-vault-bootstrap",
        "oracle-vault-files",
        "oracle-vault-ready",
        "oracle-vault-retire",
        "oracle-agent-files",
        "oracle-postgres-files",
        "oracle-haproxy-files",
        "starlord-agent-files",
        "starlord-vllm-files",
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

    assert shown["oracle"]["services"] == ["agent", "postgres", "haproxy"]
    assert shown["oracle-postgres"] == {"container_name": "oracle-postgres"}
    assert shown["secrets"]["names"] == [
        "engine-key",
        "oracle-agent-id",
        "postgres-password",
        "starlord-agent-id",
        "tls_certificate",
        "vault-pulumi-id-e1",
        "vault-seal-k1",
        "vault_private_key",
    ]


def test_a_service_cannot_wait_for_one_that_comes_later() -> None:
    found = settings()
    specs: tuple[ServiceSpec, ...] = (bare("first", after=("second",)), bare("second"))
    swarm = {**complete(found, {}), "oracle": (vault.server(found), *specs)}

    def program() -> None:
        references = [ref for each in swarm.values() for spec in each for ref in spec.all_references]
        references += [access.secret_id for access in vault.contents(found, swarm).nodes.values()]
        args = NodeArgs(
            machine=found.nodes.oracle,
            services=swarm["oracle"],
            host=HostSpec(node="oracle"),
            secrets=Secrets("secrets", references, {}),
            stack="test",
        )
        OracleNode("oracle", args, vault.contents(found, swarm))

    with pytest.raises(SpecError, match=r"oracle\.first\.after: must name services .* got second"):
        record(program)
