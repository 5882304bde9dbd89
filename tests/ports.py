"""What a test says of a port that nobody visits."""

from __future__ import annotations

from components.model.access import Access, Protocol

ANYONE = Access(protocol=Protocol.HTTP, open_paths={"/": "a test's own"})
