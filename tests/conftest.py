"""What holds for every test."""

from __future__ import annotations

import os

# pytest-xdist hands its workers the size of a terminal, and Rich keeps the one it finds when it is imported.
for variable in ("COLUMNS", "LINES"):
    os.environ.pop(variable, None)
