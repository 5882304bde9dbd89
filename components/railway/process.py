"""The client and the masks that all resources of one process share."""

from __future__ import annotations

import os
from threading import Lock

from components.railway.access import find_access
from components.railway.client import RailwayClient
from components.railway.masks import Masks
from components.railway.transport import Clock, Transport

MASKS = Masks()
"""Secrets that passed through here; known before any log or error is shown."""

_lock = Lock()
_clients: list[RailwayClient] = []


def client() -> RailwayClient:
    """The client; made when it is first needed, so that a preview needs no token.

    Raises:
        RailwayError: There is no token, or the address is a strange one.
    """
    with _lock:
        if not _clients:
            clock = Clock()
            _clients.append(RailwayClient(Transport(find_access(os.environ), clock, MASKS), clock, MASKS))
        return _clients[0]
