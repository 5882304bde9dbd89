"""What watches a card: temperature, power, clocks and memory, as metrics. The same on every node with one."""

from __future__ import annotations

from typing import Final

from components.catalogue.images import image
from components.catalogue.limits import limits
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.parts import Health, Metrics, Port
from components.model.specs import ServiceSpec

IMAGE: Final = "gpu-exporter"
"""Who runs this image watches a card: so alerts know which services they are."""

_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    open_paths={"/metrics": "figures of the card, no secret; the tailnet lets nobody but oracle in"},
)


def monitor(settings: Settings, *, node: str, name: str, port: int) -> ServiceSpec:
    """The exporter; reading a card needs no privilege."""
    program = image(settings, IMAGE)
    return ServiceSpec(
        node=node,
        name=name,
        image=program,
        limits=limits(settings, node, name, memory_mib=128, cpus="0.5"),
        # The image holds no shell and no HTTP client, and a card that a running container has lost is what
        # the check must notice (nvidia-container-toolkit issue 48).
        health=Health(test=("CMD", "nvidia-smi", "-L"), interval_seconds=30, timeout_seconds=10),
        command=(f"--web.listen-address=:{port}",),
        env={"NVIDIA_DRIVER_CAPABILITIES": "utility"},
        ports=(Port(name="http", container=port, published=port, access=_ACCESS),),
        probe=Probe(port="http", path="/-/healthy"),
        metrics=Metrics(port="http"),
        gpu=not program.stand_in,
    )
