"""The GraphQL operations that are ever sent, by name; all of them stand in one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("operations.graphql")
_START = re.compile(r"^(?:query|mutation) (\w+)", re.MULTILINE)


@cache
def operations() -> Mapping[str, str]:
    """Text of each operation by its name; they share no fragments, so each stands for itself."""
    document = FILE.read_text()
    starts = list(_START.finditer(document))
    ends = [start.start() for start in starts[1:]] + [len(document)]
    return {start[1]: document[start.start() : end].strip() for start, end in zip(starts, ends, strict=True)}
