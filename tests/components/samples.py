"""Hand-made settings and specs: one service that uses every field, on the three nodes of a small swarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.config.models import EngineSettings, ModelsSettings
from components.config.settings import (
    NodeSettings,
    NodesSettings,
    Settings,
    VaultSettings,
)
from components.model.files import ConfigFile, Configuration, Reload
from components.model.images import Image
from components.model.mounts import DataVolume, Scratch
from components.model.parts import AddedCapability, Health, Limits, Port
from components.model.secrets import SecretChange, SecretFile, SecretRef, SecretSource
from components.model.specs import ServiceSpec
from tests.ports import ANYONE

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAmadeForTheTestsAlone"
REFERENCE = f"registry.test/postgres:16@sha256:{'a' * 64}"
PASSWORD = SecretRef(name="postgres-password")
CERTIFICATE = SecretRef(name="tls_certificate", source=SecretSource.CONFIGURED)


def image(**changes: object) -> Image:
    """An image for both architectures, run by user 999."""
    values: dict[str, Any] = {
        "name": "postgres",
        "reference": REFERENCE,
        "platforms": ("linux/amd64", "linux/arm64"),
        "user": "999:998",
    }
    values.update(changes)
    return Image(**values)


def bare(name: str = "plain", node: str = "oracle", **changes: object) -> ServiceSpec:
    """A service with nothing but what every service must have."""
    values: dict[str, Any] = {
        "node": node,
        "name": name,
        "image": image(),
        "limits": Limits(memory_mib=256, cpus="0.5"),
        "health": Health(test=("NONE",)),
    }
    values.update(changes)
    return ServiceSpec(**values)


def rich(**changes: object) -> ServiceSpec:
    """A service with everything."""
    values: dict[str, Any] = {
        "image": image(),
        "limits": Limits(memory_mib=2048, cpus="2.0", shm_mib=256),
        "health": Health(
            test=("CMD", "pg_isready"),
            interval_seconds=90,
            timeout_seconds=5,
            retries=4,
            start_period_seconds=60,
        ),
        "entrypoint": ("/usr/bin/tini", "--"),
        "command": ("postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"),
        "env": {"ZONE": "z", "PGDATA": "/data"},
        "ports": (
            Port(name="metrics", container=9187, published=9187, access=ANYONE),
            Port(name="sql", container=5432, published=15432, access=ANYONE),
            Port(name="inside", container=1234),
        ),
        "configuration": Configuration(
            folder="/etc/postgresql", files=(ConfigFile(name="postgresql.conf", text="port = 5432\n"),)
        ),
        "secrets": (
            SecretFile(name="password", parts=(PASSWORD,)),
            SecretFile(name="url", parts=("postgres://user:", PASSWORD, "@postgres/db")),
        ),
        "volumes": (DataVolume(name="data", path="/data"),),
        "scratch": (Scratch(path="/tmp", size_mib=64), Scratch(path="/run/postgresql", size_mib=1)),
        "stop_grace_seconds": 120,
        "added_capabilities": (AddedCapability(name="CAP_NET_BIND_SERVICE", reason="port 80"),),
    }
    values.update(changes)
    return bare("postgres", **values)


def reloading(**changes: object) -> ServiceSpec:
    """A service that takes a new configuration while it runs, and a secret that the operator keeps."""
    values: dict[str, Any] = {
        "configuration": Configuration(
            folder="/etc/haproxy",
            files=(ConfigFile(name="haproxy.cfg", text="global\n"),),
            reload=Reload(check=("haproxy", "-c", "-f", "{folder}/haproxy.cfg"), signal="USR2"),
        ),
        "entrypoint": ("haproxy",),
        "secrets": (SecretFile(name="site.pem", parts=(CERTIFICATE,)),),
        "on_secret_change": SecretChange.RELOAD,
        "health": Health(test=("CMD", "true")),
    }
    values.update(changes)
    return bare("haproxy", **values)


AUTHORITY = "-----BEGIN CERTIFICATE-----\nYXV0aG9yaXR5\n-----END CERTIFICATE-----\n"
SERVER_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nc2VydmVy\n-----END CERTIFICATE-----\n"


def settings(*, ssh: Mapping[str, object] | None = None, **changes: object) -> Settings:
    """Three nodes and nothing that may be left out but the Vault server's certificates.

    Args:
        ssh: Changes how all of the nodes are reached.
    """
    engine = EngineSettings(
        repository="test/model",
        served_name="model",
        gpu_memory_utilization=0.5,
        max_model_len=4096,
        max_num_seqs=4,
    )
    values: dict[str, Any] = {
        "nodes": NodesSettings(
            oracle=_node(11, "arm64", ssh or {}),
            starlord=_node(12, "amd64", ssh or {}),
            thanos=_node(13, "amd64", ssh or {}),
        ),
        "models": ModelsSettings(primary=engine, secondary=engine, backup=engine),
        "vault": VaultSettings(ca_certificate=AUTHORITY, certificate=SERVER_CERTIFICATE),
    }
    values.update(changes)
    return Settings(**values)


def _node(number: int, arch: str, ssh: Mapping[str, object]) -> NodeSettings:
    return NodeSettings.model_validate(
        {
            "address": f"198.51.100.{number}",
            "arch": arch,
            "memory_mib": 8192,
            "subnet": f"172.20.{number}.0/24",
            "ssh": {"host_key": HOST_KEY, **ssh},
        }
    )


SERVICES: Mapping[str, tuple[ServiceSpec, ...]] = {
    "oracle": (rich(), reloading(after=("postgres",))),
    "starlord": (
        bare(
            "vllm",
            "starlord",
            gpu=True,
            entrypoint=("serve",),
            secrets=(SecretFile(name="key", parts=(SecretRef(name="engine-key"),)),),
        ),
    ),
    "thanos": (bare("chat", "thanos"),),
}
"""What the nodes run beside what their secrets come from; one of them has none."""
