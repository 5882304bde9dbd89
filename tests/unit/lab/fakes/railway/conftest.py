"""A stand-in, empty or with a project."""

from collections.abc import Iterator

import pytest

from lab.fakes.railway import FakeRailway
from tests.unit.lab.fakes.railway.person import Person


@pytest.fixture
def fake() -> Iterator[FakeRailway]:
    """Nothing is in it."""
    with FakeRailway() as made:
        yield made


@pytest.fixture
def person(fake: FakeRailway) -> Person:
    """Has a project with one environment."""
    return Person(fake).begin()
