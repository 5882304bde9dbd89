"""External keys as references: where each comes from, and which service of the catalogue uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.config.settings import Settings
from components.model import external_keys
from components.model.external_keys import (
    ALERT_WEBHOOK,
    BRAVE,
    GEMINI,
    GEMINI_ALTERNATE,
    OPENROUTER,
    PERPLEXITY,
    QDRANT,
)
from components.model.naming import service_name
from components.model.secrets import SecretRef, SecretSource

_GATEWAY: Final = service_name("oracle", "litellm")
_USERS: Final = {
    ALERT_WEBHOOK: (service_name("oracle", "alertmanager"),),
    BRAVE: (service_name("thanos", "gpt-researcher"),),
    OPENROUTER: (_GATEWAY,),
    GEMINI: (_GATEWAY,),
    GEMINI_ALTERNATE: (_GATEWAY,),
    QDRANT: (service_name("oracle", "open-webui"), service_name("thanos", "rag")),
    PERPLEXITY: (_GATEWAY,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalKey:
    """A key of another company's service."""

    name: str
    purpose: str
    used_by: tuple[str, ...]
    """Full names of the services that use it once it is set; empty where none does in this version."""


EXTERNAL_KEYS: Final[Mapping[str, ExternalKey]] = {
    name: ExternalKey(name=name, purpose=purpose, used_by=_USERS.get(name, ()))
    for name, purpose in external_keys.EXTERNAL_KEYS.items()
}


def external_key(settings: Settings, name: str) -> SecretRef | None:
    """The key as a reference; None where it is not set, and whoever wants it does without."""
    if name in settings.keys_in_vault:
        return SecretRef(name=name, source=SecretSource.VAULT, times_set=settings.keys_in_vault[name])
    if name in settings.keys_in_stack:
        return SecretRef(name=name, source=SecretSource.CONFIGURED)
    return None
