"""Keys of other companies' services: what each is for. Who uses one follows from the specs.

A key is optional. It stands either encrypted in the stack file, under its name, or in the Vault server alone,
where `./swarm keys set` puts it; a route whose key is nowhere is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPENROUTER: Final = "openrouter_api_key"
GEMINI: Final = "gemini_api_key"
GEMINI_ALTERNATE: Final = "gemini_alternate_api_key"
BRAVE: Final = "brave_api_key"
PERPLEXITY: Final = "perplexity_api_key"
QDRANT: Final = "qdrant_api_key"
ALERT_WEBHOOK: Final = "alert_webhook_url"

EXTERNAL_KEYS: Final[Mapping[str, str]] = {
    OPENROUTER: "paid models at OpenRouter, behind the swarm's own",
    GEMINI: "paid models at Google, behind OpenRouter",
    GEMINI_ALTERNATE: "a second account at Google, behind the first",
    BRAVE: "web search of the research service",
    PERPLEXITY: "answers with sources for the research service, through the gateway",
    QDRANT: "the existing vector database, where it asks for a key",
    ALERT_WEBHOOK: "address that alerts are sent to; without it they are only shown",
    "huggingface_token": "download of models that need a licence, by hand",
}
"""Purpose of every key by its name."""
