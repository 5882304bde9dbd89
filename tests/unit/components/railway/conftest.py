"""A Railway for the test alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.fakes.railway import FakeRailway
from tests.unit.components.railway.world import World


@pytest.fixture
def world() -> Iterator[World]:
    """The stand-in with everything that makes Railway hard to use; the test fails if it broke itself."""
    with FakeRailway() as fake:
        yield World(fake)
