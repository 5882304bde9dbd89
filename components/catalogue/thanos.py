"""Services of thanos, the node with the small card."""

from __future__ import annotations

from typing import Final

from components.catalogue import gpu
from components.catalogue.documents import documents
from components.catalogue.exporters import node_exporter
from components.catalogue.extras import extras
from components.catalogue.gpt_researcher import gpt_researcher
from components.catalogue.rag import rag
from components.catalogue.sillytavern import sillytavern
from components.catalogue.vllm import engine
from components.config.settings import Settings
from components.model.specs import ServiceSpec

NODE: Final = "thanos"


def services(settings: Settings) -> tuple[ServiceSpec, ...]:
    """The engine that answers when starlord does not, what people use, and what watches them."""
    return (
        node_exporter(settings, node=NODE, published=True),
        gpu.monitor(settings, node=NODE, name="thermal-monitor", port=9092),
        engine(settings, node=NODE, name="vllm-backup", model=settings.models.backup, published=8002),
        documents(settings, node=NODE),
        rag(settings, node=NODE),
        sillytavern(settings, node=NODE),
        *extras(settings),
        gpt_researcher(settings, node=NODE),
    )
