"""How single values must be written: asked by the settings for what operators write, by specs for our own."""

from __future__ import annotations

import re

_CPUS = re.compile(r"(0\.[1-9]|[1-9]\d?\.\d)\d?")
_USER = re.compile(r"[1-9]\d*:\d+")

CANONICAL_CPUS = "at least 0.1, written like 2.0 or 0.5 without other trailing zeros, and no whole ten"
LEAST_MEMORY_MIB = 6
"""Docker refuses a smaller limit."""


def is_canonical_cpus(text: str) -> bool:
    """Tell whether the docker provider reads `text` back as it is written.

    It prints 2 as "2.0", 0.50 as "0.5" and 10 as "10." (its `nanoInt64ToDecimalString`).
    """
    trimmed = not text.endswith("0") or (text.endswith(".0") and not text.endswith("0.0"))
    return trimmed and bool(_CPUS.fullmatch(text))


def is_plain_user(text: str) -> bool:
    """Tell whether `text` is a numeric `uid:gid` other than root; the group may be 0."""
    return bool(_USER.fullmatch(text))
