"""A stack of the lab's committed settings, without engine and hosts."""

from __future__ import annotations

import pytest

from lab import paths
from ops import stack
from ops.stack import Stack


@pytest.fixture(scope="session")
def lab_stack() -> Stack:
    """The stack `lab` as committed."""
    return stack.committed("lab", paths.REPO)
