"""The vector database that was on starlord before us: how services reach it, and what they may call theirs.

It is only ever talked to. Each program keeps to collections of its own, named so that nobody else's has the
name by chance.
"""

from __future__ import annotations

from typing import Final

from components.catalogue.keys import external_key
from components.config.settings import Settings
from components.model.access import Flow
from components.model.endpoints import external_endpoints
from components.model.external_keys import QDRANT
from components.model.secrets import SecretFile

FLOW: Final = Flow(to="qdrant", port="http")

OPEN_WEBUI_PREFIX: Final = "aiswarm-open-webui"
"""Not the program's default: its reset removes every collection whose name begins so, and another
installation of it may have used the same database (open_webui/retrieval/vector/dbs/qdrant.py)."""


def url(settings: Settings) -> str:
    """Address of the database, the same from every node."""
    (qdrant,) = external_endpoints(settings)
    return f"http://{qdrant.address}"


def key(settings: Settings) -> dict[str, SecretFile]:
    """The variable and the file with the key, where the database asks for one."""
    found = external_key(settings, QDRANT)
    return {"QDRANT_API_KEY": SecretFile(name="qdrant_key", parts=(found,))} if found else {}
