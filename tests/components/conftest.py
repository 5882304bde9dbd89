"""Shared fixtures: the sample swarm, deployed once for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pytest

from components.deploy.node import NodeArgs, OracleNode, StarlordNode, ThanosNode
from components.deploy.providers import docker_providers
from components.deploy.secrets import Secrets
from tests.components.host import CHECK, FAKE_DOCKER, Host
from tests.components.recording import STACK, Recording, record
from tests.components.samples import SWARM, settings

CERTIFICATE = "the certificate and its key"


def deploy() -> None:
    """What `__main__.py` does, with hand-made specs."""
    found = settings()
    secrets = Secrets("secrets", SWARM)
    providers = docker_providers(found)
    machines = found.nodes.by_name()
    for name, node in (("oracle", OracleNode), ("starlord", StarlordNode), ("thanos", ThanosNode)):
        args = NodeArgs(machine=machines[name], services=SWARM[name], secrets=secrets, stack=STACK)
        node(name, args, pulumi.ResourceOptions(providers=[providers[name]]))


@pytest.fixture(scope="session")
def deployed() -> Recording:
    return record(
        deploy,
        config={"aiswarm:tls_certificate": CERTIFICATE},
        secret_keys=("aiswarm:tls_certificate",),
    )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A stand-in for a node, without any file yet."""
    fake = tmp_path / "bin"
    fake.mkdir()
    for name, text in (("docker", FAKE_DOCKER), ("check", CHECK)):
        (fake / name).write_text(text)
        (fake / name).chmod(0o755)
    return Host(tmp_path / "opt" / "haproxy", fake)
