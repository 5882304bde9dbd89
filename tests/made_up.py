"""Values that look like secrets, made while the tests run and the same in all processes of one run."""

from __future__ import annotations

import hashlib
import os
import uuid

# Values stand in the names of tests, which must be the same for all workers of pytest-xdist.
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex


def made_up(name: str) -> str:
    """32 hex digits that nobody knows before the run; the same for the same name."""
    return hashlib.sha256(f"{_RUN} {name}".encode()).hexdigest()[:32]
