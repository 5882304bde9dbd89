"""What the swarm publishes and keeps, written down a second time beside the program's own catalogue.

The pack must not ask the program that it judges. So a new port or a new volume of data takes two edits, one
here, and both show in review. `tests/policy/test_net_dat_on_stacks.py` keeps this list from going stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Literal

STACKS = frozenset({"lab", "prod"})
"""The stacks that there are; an exception can be granted in no other."""

PUBLISHED: Mapping[str, tuple[int, ...]] = {
    "oracle-consul": (8500,),
    "oracle-grafana": (3001,),
    "oracle-haproxy": (80, 443, 4000, 8888, 9090, 9093),
    "oracle-open-webui": (3000,),
    "oracle-postgres": (5432,),
    "oracle-redis": (6379,),
    "oracle-vault": (8200,),
    "starlord-gpu-monitor": (9091,),
    "starlord-node-exporter": (9100,),
    "starlord-vllm-primary": (8000,),
    "starlord-vllm-secondary": (8001,),
    "thanos-documents": (5001,),
    "thanos-gpt-researcher": (8001,),
    "thanos-node-exporter": (9100,),
    "thanos-rag": (9621,),
    "thanos-sillytavern": (8080,),
    "thanos-sillytavern-extras": (5100,),
    "thanos-thermal-monitor": (9092,),
    "thanos-vllm-backup": (8002,),
}
"""TCP ports on the node's address in the tailnet, by container."""

DATA_VOLUMES = frozenset(
    {
        "oracle-alertmanager-data",
        "oracle-consul-data",
        "oracle-grafana-data",
        "oracle-open-webui-data",
        "oracle-postgres-data",
        "oracle-prometheus-data",
        "oracle-redis-data",
        "oracle-vault-audit",
        "oracle-vault-data",
        "starlord-vllm-primary-home",
        "starlord-vllm-secondary-home",
        "thanos-gpt-researcher-documents",
        "thanos-gpt-researcher-outputs",
        "thanos-rag-data",
        "thanos-sillytavern-data",
        "thanos-sillytavern-extensions",
        "thanos-vllm-backup-home",
    }
)
"""Volumes whose content outlives their containers."""

SHARED_FOLDERS: Mapping[str, frozenset[str]] = {
    # The secret files that unlock a new Vault server, laid down before it starts.
    "vault": frozenset({"/opt/swarm/vault-bootstrap"}),
    # Figures that jobs on the node leave for it.
    "node-exporter": frozenset({"/opt/swarm/metrics"}),
}
"""Folders that a service reads although they are not below its own, `/opt/swarm/<service>`."""

RENDERS_SECRETS = "agent"
"""Service that writes the secrets of all others on its node into their volumes `<node>-<service>-secrets`."""

ARCHITECTURES: Mapping[str, Literal["amd64", "arm64"]] = {
    "oracle": "arm64",
    "starlord": "amd64",
    "thanos": "amd64",
}
"""Processors of each machine."""

LAB_NETWORK = IPv4Network("198.18.0.0/15")
"""Addresses of test networks, which lead to no machine elsewhere (RFC 2544). The lab's nodes are there; they
have the processors of the machine that the lab is on."""

OFF_BY_DEFAULT = frozenset({"thanos-sillytavern-extras"})
"""Containers that the committed stacks leave out."""

QDRANT_NODE = "starlord"
QDRANT_PORTS = (6333, 6334)
"""HTTP and gRPC of the vector database that was there before the swarm."""
