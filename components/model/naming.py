"""The only place that builds a name: one string is container, logical name, Consul service and scrape job."""

from __future__ import annotations

LABEL_PREFIX = "aiswarm"
HOST_ROOT = "/opt/swarm"
"""Folder on every node below which this program, and nothing else, keeps its files."""

METRICS_FOLDER = f"{HOST_ROOT}/metrics"
"""Folder on every node for figures that no service shows: files `*.prom`, which its node exporter reads."""

NETWORK = "swarm"
"""Docker network of a node; one per node, each with its own /24."""

AGENT = "agent"
"""Service on every node that fetches the node's secrets from the Vault server."""


def service_name(node: str, service: str) -> str:
    """Name of a service in the whole swarm, e.g. `oracle-postgres`."""
    return f"{node}-{service}"


def host_folder(service: str) -> str:
    """Folder on its node that holds a service's delivered files."""
    return f"{HOST_ROOT}/{service}"


def bootstrap_folder(service: str) -> str:
    """Folder on its node that holds what a service needs for its very first start."""
    return host_folder(f"{service}-bootstrap")


def volume_name(node: str, service: str, volume: str) -> str:
    """Name of a Docker volume, e.g. `oracle-postgres-data`."""
    return f"{service_name(node, service)}-{volume}"


def labels(*, node: str, stack: str, service: str | None = None) -> dict[str, str]:
    """Labels of every object on a node: static, because a changed label replaces the object.

    Args:
        service: The one that the object belongs to; None for what the services of a node share.
    """
    own = {f"{LABEL_PREFIX}.service": service} if service else {}
    return {
        f"{LABEL_PREFIX}.managed-by": "pulumi",
        f"{LABEL_PREFIX}.node": node,
        f"{LABEL_PREFIX}.stack": stack,
        **own,
    }
