"""Services of thanos, the node with the small card."""

from __future__ import annotations

from typing import Final

from components.catalogue.documents import documents
from components.catalogue.rag import rag
from components.catalogue.vllm import engine
from components.config.settings import Settings
from components.model.specs import ServiceSpec

NODE: Final = "thanos"


def services(settings: Settings) -> tuple[ServiceSpec, ...]:
    """The engine that answers when starlord does not, and what works on documents."""
    return (
        engine(settings, node=NODE, name="vllm-backup", model=settings.models.backup, published=8002),
        documents(settings, node=NODE),
        rag(settings, node=NODE),
    )
