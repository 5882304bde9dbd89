"""The gateway as the swarm's own services reach it: through the proxy, in plain HTTP, with the master key."""

from __future__ import annotations

from typing import Final

from components.catalogue.credentials import LITELLM_MASTER_KEY_PARTS
from components.catalogue.haproxy import API_INTERNAL
from components.config.settings import Settings
from components.model.access import Flow
from components.model.naming import service_name
from components.model.secrets import SecretFile

NODE: Final = "oracle"
_PROXY: Final = service_name(NODE, "haproxy")

KEY: Final[SecretFile] = SecretFile(name="gateway_key", parts=LITELLM_MASTER_KEY_PARTS)
FLOW: Final = Flow(to=_PROXY, port="api-internal")

EMBEDDING_MODEL: Final = "swarm-embedding"
"""Name under which the gateway offers its model for vectors, where a remote one is configured."""


def api_url(settings: Settings, *, seen_from: str) -> str:
    """Address of the OpenAI-compatible API for containers of node `seen_from`."""
    host = _PROXY if seen_from == NODE else str(settings.nodes.by_name()[NODE].address)
    return f"http://{host}:{API_INTERNAL}/v1"
