"""Services of starlord, the node with the large card."""

from __future__ import annotations

from typing import Final

from components.catalogue.images import image
from components.catalogue.limits import limits
from components.catalogue.vllm import engine
from components.config.settings import Settings
from components.model.access import Access, Probe, Protocol
from components.model.specs import Health, Metrics, Port, ServiceSpec

NODE: Final = "starlord"


def services(settings: Settings) -> tuple[ServiceSpec, ...]:
    """The profile's engines and the GPU monitor.

    The secondary engine waits for the primary: vLLM measures the card's free memory when it starts, and two
    starts at once count each other's memory as their own (vllm issues 10643, 55827).
    """
    models = settings.models
    primary = engine(settings, node=NODE, name="vllm-primary", model=models.primary, published=8000)
    if models.secondary is None:
        return (_gpu_monitor(settings), primary)
    secondary = engine(
        settings,
        node=NODE,
        name="vllm-secondary",
        model=models.secondary,
        published=8001,
        after=(primary.name,),
    )
    return (_gpu_monitor(settings), primary, secondary)


_ACCESS: Final = Access(
    protocol=Protocol.HTTP,
    open_paths={"/metrics": "figures of the card, no secret; the tailnet lets nobody but oracle in"},
)


def _gpu_monitor(settings: Settings) -> ServiceSpec:
    """Temperature, power and memory of the card; reading them needs no privilege."""
    program = image(settings, "gpu-exporter")
    return ServiceSpec(
        node=NODE,
        name="gpu-monitor",
        image=program,
        limits=limits(settings, NODE, "gpu-monitor", memory_mib=128, cpus="0.5"),
        # The image holds no shell and no HTTP client, and a card that a running container has lost is what
        # the check must notice (nvidia-container-toolkit issue 48).
        health=Health(test=("CMD", "nvidia-smi", "-L"), interval_seconds=30, timeout_seconds=10),
        command=("--web.listen-address=:9091",),
        env={"NVIDIA_DRIVER_CAPABILITIES": "utility"},
        ports=(Port(name="http", container=9091, published=9091, access=_ACCESS),),
        probe=Probe(port="http", path="/-/healthy"),
        metrics=Metrics(port="http"),
        gpu=not program.stand_in,
    )
