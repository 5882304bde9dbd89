"""Compare rendered text with the golden file that a reviewer has seen.

`REWRITE_GOLDEN=1 pytest tests/unit` writes the files instead: deliberately, and the change shows in review.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """Fail when `text` differs from the golden file `name`, which is created or replaced only on demand."""
    path = FOLDER / name
    if os.environ.get("REWRITE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing; write it with REWRITE_GOLDEN=1"
    assert text == path.read_text(encoding="utf-8"), f"{path} differs; REWRITE_GOLDEN=1 accepts the new text"
