"""What a node of the lab is: names, addresses and the exact `docker create` of each, as pure values.

Knows neither a running daemon nor files; `hosts` and `access` act on what is written here.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

NETWORK = "198.18.0.0/24"
"""The lab's own network, from the range that RFC 2544 keeps for test networks: no site uses it."""

GATEWAY = "198.18.0.1"
REGISTRY_ADDRESS = "198.18.0.10"
REGISTRY = f"{REGISTRY_ADDRESS}:5000"
"""The registry as nodes name it. Pushes go to the same store by PUSH_REGISTRY."""

PUSH_REGISTRY = "127.0.0.1:5000"
"""The registry as this machine names it: a daemon trusts 127.0.0.0/8 without TLS unless told otherwise."""

RAILWAY_ADDRESS = "198.18.0.14"
"""The stand-in for Railway as nodes name it; they reach its edge."""

RAILWAY_API = "127.0.0.1:5001"
"""Its API as the engine on this machine names it."""

LABEL = "aiswarm.lab"
"""Marks containers, networks and volumes as the lab's, so that nothing else is ever removed."""

IN_THE_WAY = "remove or rename what is in the way; the lab touched nothing"
"""What to do about `conflicts`."""

FINGERPRINT = "aiswarm.lab.fingerprint"
NETWORK_NAME = "aiswarm-lab"
"""Name of the Docker network and of its bridge on the machine (at most 15 characters)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabNode:
    """A node that answers over ssh.

    Attributes:
        host_key: Public key line, `ssh-ed25519 AAAA…`: what a client must see before it trusts the address.
    """

    name: str
    address: str
    host_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """A node to be had. The memory limit holds for everything on the node together."""

    name: str
    address: str
    memory_mib: int

    @property
    def container(self) -> str:
        """Name of the container that is this node."""
        return f"aiswarm-lab-{self.name}"

    @property
    def volumes(self) -> dict[str, str]:
        """What the node keeps when it is made anew: the folder of each volume by the volume's name.

        Its images and containers, and the files that were delivered for them, which the engine would not
        deliver again.
        """
        return {
            f"{self.container}-docker": "/var/lib/docker",
            f"{self.container}-swarm": "/opt/swarm",
        }


PLANS = (
    NodePlan(name="oracle", address="198.18.0.11", memory_mib=9216),
    NodePlan(name="starlord", address="198.18.0.12", memory_mib=3584),
    NodePlan(name="thanos", address="198.18.0.13", memory_mib=5120),
)
REGISTRY_CONTAINER = "aiswarm-lab-registry"
RAILWAY_CONTAINER = "aiswarm-lab-railway"
PORTS = {
    PUSH_REGISTRY: ("registry", REGISTRY_CONTAINER),
    RAILWAY_API: ("stand-in for Railway", RAILWAY_CONTAINER),
}
"""What is published on this machine: its purpose and its container, by address."""


def plan_of(node: str) -> NodePlan:
    """Find a node by name.

    Raises:
        KeyError: The lab has no such node.
    """
    for plan in PLANS:
        if plan.name == node:
            return plan
    raise KeyError(f"node: must be one of {', '.join(plan.name for plan in PLANS)}, got {node}")


def daemon_json(address: str) -> str:
    """The node's daemon.json.

    Address ranges are the node's own affair and the same on each, but clear of 172.20.0.0/16, which the swarm
    takes. `ip` holds for the default network only; containers on other networks name an address themselves.
    """
    settings = {
        "insecure-registries": [REGISTRY],
        "ip": address,
        "bip": "172.29.0.1/24",
        "default-address-pools": [{"base": "172.30.0.0/16", "size": 24}],
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
    }
    return json.dumps(settings, indent=2, sort_keys=True) + "\n"


def host_flags(*, privileged: bool, cgroup_version: str) -> tuple[str, ...]:
    """The flags under which a container can be a Docker host.

    `--privileged` asks for every capability, which fails where the machine itself lacks one (SYS_RESOURCE in
    many sandboxes). The list grants the rest piece by piece.
    """
    namespace = "private" if cgroup_version == "2" else "host"
    if privileged:
        return ("--privileged", f"--cgroupns={namespace}")
    return (
        "--cap-add=ALL",
        "--cap-drop=SYS_RESOURCE",
        "--security-opt=seccomp=unconfined",
        "--security-opt=apparmor=unconfined",
        "--security-opt=systempaths=unconfined",
        "--device-cgroup-rule=a *:* rwm",
        f"--cgroupns={namespace}",
    )


def node_arguments(plan: NodePlan, *, image: str, flags: Sequence[str], files: Path) -> tuple[str, ...]:
    """Everything after `docker create` for a node but its fingerprint; `files` is mounted on /etc/lab."""
    return (
        f"--name={plan.container}",
        f"--hostname={plan.name}",
        f"--label={LABEL}=node",
        f"--network={NETWORK_NAME}",
        f"--ip={plan.address}",
        "--restart=unless-stopped",
        "--stop-timeout=30",
        f"--memory={plan.memory_mib}m",
        f"--memory-swap={plan.memory_mib}m",
        *(f"--volume={volume}:{folder}" for volume, folder in plan.volumes.items()),
        f"--volume={files}:/etc/lab:ro",
        *flags,
        image,
    )


def registry_arguments(*, image: str, data: Path, user: str) -> tuple[str, ...]:
    """Everything after `docker create` for the registry but its fingerprint."""
    return (
        f"--name={REGISTRY_CONTAINER}",
        f"--label={LABEL}=registry",
        f"--network={NETWORK_NAME}",
        f"--ip={REGISTRY_ADDRESS}",
        f"--publish={PUSH_REGISTRY}:5000",
        "--restart=unless-stopped",
        f"--user={user}",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--memory=512m",
        "--memory-swap=512m",
        f"--volume={data}:/data",
        image,
    )


def fingerprint(arguments: Sequence[str], files: Mapping[str, bytes]) -> str:
    """Name a container by its arguments and the files it reads at start: another name, another container."""
    digest = hashlib.sha256("\0".join(arguments).encode())
    for name, content in sorted(files.items()):
        digest.update(f"\0{name}\0".encode() + content)
    return digest.hexdigest()[:16]


class Action(StrEnum):
    """What has to be done to a container."""

    NOTHING = "nothing to do"
    START = "started"
    CREATE = "created"
    RECREATE = "created anew"


def decide(inspected: Mapping[str, object] | None, wanted: str) -> Action:
    """Choose by the container as `docker inspect` shows it, None where there is none."""
    match inspected:
        case None:
            return Action.CREATE
        case {"Config": {"Labels": {"aiswarm.lab.fingerprint": found}}} if found == wanted:
            match inspected:
                case {"State": {"Running": True}}:
                    return Action.NOTHING
                case _:
                    return Action.START
        case _:
            return Action.RECREATE


def names() -> tuple[tuple[str, str], ...]:
    """Kind and name of every Docker object of the lab."""
    containers = (REGISTRY_CONTAINER, RAILWAY_CONTAINER, *(plan.container for plan in PLANS))
    return (
        *(("container", name) for name in containers),
        ("network", NETWORK_NAME),
        *(("volume", volume) for plan in PLANS for volume in plan.volumes),
    )


def conflicts(
    found: Mapping[tuple[str, str], Mapping[str, Any]], routes: str, *, taken: Collection[str]
) -> list[str]:
    """What stands in the lab's way on this machine.

    Args:
        found: What `docker inspect` says of those of `names()` that exist.
        routes: The text of /proc/net/route.
        taken: Those of `PORTS` on which something listens.
    """
    problems = []
    for (kind, name), inspected in found.items():
        labels = inspected.get("Labels") or inspected.get("Config", {}).get("Labels") or {}
        if LABEL not in labels:
            problems.append(
                f"{kind} {name}: must be the lab's or not there, got one without the label {LABEL}"
            )
    problems += [
        f"network {NETWORK}: must be free, got a route to {route}" for route in foreign_routes(routes)
    ]
    problems += [
        f"port {port}: must be free for the lab's {purpose}, got something that listens"
        for port, (purpose, container) in PORTS.items()
        if port in taken and ("container", container) not in found
    ]
    return problems


def foreign_routes(table: str) -> list[str]:
    """Interfaces other than the lab's that already lead into its network, from the text of /proc/net/route.

    Columns: interface, destination, gateway, flags …, mask as the eighth; addresses are little-endian hex.
    """
    lab = ipaddress.ip_network(NETWORK)
    found = []
    for line in table.splitlines()[1:]:
        columns = line.split()
        address, mask = (bytes.fromhex(columns[i])[::-1] for i in (1, 7))
        route = ipaddress.ip_network((address, int.from_bytes(mask).bit_count()))
        if columns[0] != NETWORK_NAME and route.prefixlen >= 8 and route.overlaps(lab):
            found.append(f"{route} on {columns[0]}")
    return found
