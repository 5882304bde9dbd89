"""What the machines need beside containers: as little as can be, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from components.config.settings import NodeSettings, Settings
from components.model.checks import Swarm
from components.model.host import HostFile, HostFolder, HostSpec, HostUnit, KernelSetting
from components.model.naming import HOST_ROOT, METRICS_FOLDER
from components.model.specs import ServiceSpec
from components.render.host import (
    render_docker_order,
    render_kernel_settings,
    render_power_cap_script,
    render_power_cap_unit,
)

KERNEL_FILE: Final = "/etc/sysctl.d/90-aiswarm.conf"
DOCKER_ORDER_FILE: Final = "/etc/systemd/system/docker.service.d/10-aiswarm.conf"
POWER_CAP: Final = "aiswarm-gpu-power-cap.service"
_POWER_CAP_SCRIPT: Final = f"{HOST_ROOT}/host/gpu-power-cap.sh"
_POWER_LIMITS: Final = "nvidia-smi --query-gpu=index,name,power.limit --format=csv,noheader"

# `net.core.somaxconn` is not here: a container has its own, and gets the kernel's default (4096 since Linux
# 5.4) whatever the machine's is.
_BIND_BEFORE_TAILSCALE: Final = KernelSetting(
    name="net.ipv4.ip_nonlocal_bind",
    value=1,
    reason="Docker publishes ports on the tailnet address, which may come only after Docker at boot.",
)
_REDIS_FORKS: Final = KernelSetting(
    name="vm.overcommit_memory",
    value=1,
    reason="Redis forks to save: the kernel must not refuse the copy for memory that is never written.",
)


def preparations(settings: Settings, swarm: Swarm) -> Mapping[str, HostSpec]:
    """What each node needs for its services, by node."""
    return {name: _preparation(name, node, swarm[name]) for name, node in settings.nodes.by_name().items()}


def _preparation(name: str, node: NodeSettings, services: Iterable[ServiceSpec]) -> HostSpec:
    kernel = [_BIND_BEFORE_TAILSCALE]
    if any(spec.image.name == "redis" for spec in services):
        kernel.append(_REDIS_FORKS)
    caps = {card: gpu.power_cap_watts for card, gpu in enumerate(node.gpus) if gpu.power_cap_watts}
    return HostSpec(
        node=name,
        folders=(
            # Only root looks in; what containers may read is mounted from deeper down.
            HostFolder(path=HOST_ROOT, mode="0700"),
            HostFolder(path=METRICS_FOLDER, mode="0755"),
        ),
        files=(
            HostFile(path=KERNEL_FILE, text=render_kernel_settings(kernel)),
            HostFile(path=DOCKER_ORDER_FILE, text=render_docker_order(), needs_unit="tailscaled.service"),
            *(_power_cap_files(caps) if caps else ()),
        ),
        kernel=tuple(kernel),
        units=(HostUnit(name=POWER_CAP, shows=_POWER_LIMITS),) if caps else (),
    )


def _power_cap_files(caps: Mapping[int, int]) -> tuple[HostFile, ...]:
    return (
        HostFile(path=_POWER_CAP_SCRIPT, text=render_power_cap_script(caps)),
        HostFile(path=f"/etc/systemd/system/{POWER_CAP}", text=render_power_cap_unit(_POWER_CAP_SCRIPT)),
    )
