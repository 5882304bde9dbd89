"""One edit of a real stack each, and the rule on containers that must then fire, and no other.

The advisory rules CTR-014 and CTR-015 have no case: they fire on the real stacks as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policy.rules.support.resources import CONTAINER, VOLUME
from tests.policy import given


class Case(NamedTuple):
    """An edit of one resource's inputs."""

    rule: str
    """Id of the rule that must fire at this resource."""

    type: str
    name: str
    edit: Callable[[given.Props], None]
    """Changes the inputs in place."""


def setting(**fields: object) -> Callable[[given.Props], None]:
    """Give fields another value."""
    return lambda inputs: inputs.update(fields)


def adding(field: str, item: object) -> Callable[[given.Props], None]:
    """Append to a list."""

    def edit(inputs: given.Props) -> None:
        items = inputs.get(field) or []
        assert isinstance(items, list)
        inputs[field] = [*items, item]

    return edit


def redis(rule: str, edit: Callable[[given.Props], None]) -> Case:
    """An edit of a container that keeps all mandatory rules without an exception."""
    return Case(rule, CONTAINER, "oracle-redis", edit)


def ssh_inside(inputs: given.Props) -> None:
    """Another port behind the same published one."""
    ports = inputs["ports"]
    assert isinstance(ports, list)
    ports[0]["internal"] = 22.0


SHARED = {
    "type": "bind",
    "source": "/opt/swarm/redis/config",
    "target": "/shared",
    "readOnly": True,
    "bindOptions": {"propagation": "rshared"},
}
SECOND_WRITER = {"volumeName": "oracle-redis-data", "containerPath": "/x"}
HOST_FOLDER = {"type": "none", "o": "bind", "device": "/srv"}

CASES = (
    redis("CTR-001", setting(privileged=True)),
    redis("CTR-002", setting(user="0:1000")),
    redis("CTR-003", setting(user="999:0")),
    redis("CTR-003", adding("groupAdds", "0")),
    redis("CTR-004", setting(capabilities={"drops": ["ALL"], "adds": ["NET_ADMIN"]})),
    redis("CTR-004", setting(capabilities={"drops": [], "adds": []})),
    redis("CTR-005", setting(securityOpts=[])),
    redis("CTR-005", adding("securityOpts", "no-new-privileges:false")),
    redis("CTR-006", adding("securityOpts", "seccomp=unconfined")),
    redis("CTR-006", adding("securityOpts", "label:disable")),
    redis("CTR-007", setting(networkMode="host")),
    redis("CTR-007", setting(pidMode="host")),
    redis("CTR-007", setting(ipcMode="host")),
    redis("CTR-007", setting(usernsMode="host")),
    redis("CTR-007", setting(cgroupnsMode="host")),
    redis("CTR-007", setting(pidMode="container:oracle-vault")),
    redis("CTR-008", setting(readOnly=False)),
    redis("CTR-009", adding("volumes", {"hostPath": "/etc", "containerPath": "/x", "readOnly": True})),
    redis("CTR-009", adding("volumes", {"volumeName": "/etc", "containerPath": "/x", "readOnly": True})),
    redis("CTR-009", adding("mounts", {"type": "bind", "source": "/srv", "target": "/x", "readOnly": True})),
    redis("CTR-009", adding("volumes", {"fromContainer": "oracle-vault"})),
    Case("CTR-009", VOLUME, "oracle-redis-data", setting(driver="local", driverOpts=HOST_FOLDER)),
    # It has an exception for the host's root, where memory lies over the socket's folder.
    Case("CTR-010", CONTAINER, "oracle-node-exporter", setting(tmpfs={"/tmp": "mode=1777,size=1m"})),
    redis("CTR-011", adding("mounts", SHARED)),
    redis("CTR-012", adding("devices", {"hostPath": "/dev/kvm"})),
    redis("CTR-012", adding("deviceCgroupRules", "c 10:* rwm")),
    redis("CTR-012", setting(runtime="nvidia")),
    redis("CTR-013", setting(sysctls={"net.core.somaxconn": "1024"})),
    redis("CTR-016", setting(cgroupParent="/system.slice")),
    redis("CTR-017", ssh_inside),
    redis("CTR-018", setting(networksAdvanced=[])),
    redis("CTR-018", setting(networksAdvanced=[{"name": "bridge"}])),
    redis("CTR-019", setting(tty=True)),
    redis("CTR-019", setting(publishAllPorts=True)),
    # Shown at the second writer by name.
    Case("CTR-020", CONTAINER, "oracle-vault", adding("volumes", SECOND_WRITER)),
)
