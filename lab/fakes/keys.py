"""Compare a key as the real programs should: in the same time whatever it is."""

from __future__ import annotations

import secrets


def same(offered: str, key: str) -> bool:
    """Tell whether the offered key is the one that is asked for."""
    return secrets.compare_digest(offered.encode(), key.encode())
