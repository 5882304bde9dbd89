"""Vectors without a model: which words a text has, as far as a hash tells them apart."""

from __future__ import annotations

import hashlib
import re


def embed(text: str, size: int) -> list[float]:
    """How often the words of a text fall into each of `size` places."""
    found = [0.0] * size
    for word in re.findall(r"\w+", text.lower()):
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % size
        found[place] += 1.0
    return found


def chunks(text: str, words: int = 200) -> list[str]:
    """The text in pieces of so many words; at least one."""
    found = text.split()
    return [" ".join(found[start : start + words]) for start in range(0, max(len(found), 1), words)]
