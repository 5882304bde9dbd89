"""The hosts of the stack `lab`: three Docker hosts with sshd and a registry, containers on one machine."""

from __future__ import annotations

from lab.nodes.access import ensure_agent, open_masters, ssh, ssh_environment
from lab.nodes.existing import ensure_qdrant
from lab.nodes.hosts import down, ensure_registry, obstacles, remove_registry, start, stop, up
from lab.nodes.model import NETWORK, PUSH_REGISTRY, REGISTRY, LabNode
from lab.nodes.railway import ensure_railway

__all__ = [
    "NETWORK",
    "PUSH_REGISTRY",
    "REGISTRY",
    "LabNode",
    "down",
    "ensure_agent",
    "ensure_qdrant",
    "ensure_railway",
    "ensure_registry",
    "obstacles",
    "open_masters",
    "remove_registry",
    "ssh",
    "ssh_environment",
    "start",
    "stop",
    "up",
]
