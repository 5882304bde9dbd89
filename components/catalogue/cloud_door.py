"""How oracle's proxy reaches the router at Railway."""

from __future__ import annotations

from typing import Final

from components.catalogue import railway
from components.catalogue.haproxy import AUTHORITY, CLOUD_KEYS, FOLDER
from components.config.settings import Settings
from components.render.haproxy import Cloud

NAME: Final = "pool-railway"


def cloud_door(settings: Settings, *, port: int) -> Cloud | None:
    """The router by what name servers say, or where the stack file says; None where there is no project."""
    if not settings.railway.enabled:
        return None
    edge, domain = settings.railway.edge, railway.domain(settings)
    authority = edge.ca_certificate if edge else ""
    return Cloud(
        name=NAME,
        port=port,
        domain=domain,
        address=f"{edge.address}:{edge.port}" if edge else f"{domain}:443",
        authority=authority,
        authority_file=f"{FOLDER}/{AUTHORITY}" if authority else "@system-ca",
        keys_file=CLOUD_KEYS.path,
        first_chunk_seconds=railway.FIRST_CHUNK_SECONDS,
    )
