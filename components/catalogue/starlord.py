"""Services of starlord, the node with the large card."""

from __future__ import annotations

from typing import Final

from components.catalogue import gpu
from components.catalogue.exporters import node_exporter
from components.catalogue.vllm import engine
from components.config.settings import Settings
from components.model.specs import ServiceSpec

NODE: Final = "starlord"


def services(settings: Settings) -> tuple[ServiceSpec, ...]:
    """The profile's engines, and what watches the card and the machine.

    The secondary engine waits for the primary: vLLM measures the card's free memory when it starts, and two
    starts at once count each other's memory as their own (vllm issues 10643, 55827).
    """
    models = settings.models
    watching = (
        node_exporter(settings, node=NODE, published=True),
        gpu.monitor(settings, node=NODE, name="gpu-monitor", port=9091),
    )
    primary = engine(settings, node=NODE, name="vllm-primary", model=models.primary, published=8000)
    if models.secondary is None:
        return (*watching, primary)
    secondary = engine(
        settings,
        node=NODE,
        name="vllm-secondary",
        model=models.secondary,
        published=8001,
        after=(primary.name,),
    )
    return (*watching, primary, secondary)
