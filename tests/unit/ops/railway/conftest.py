"""A Railway with something in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.fake import FOREIGN_WORKSPACE, WORKSPACE
from tests.unit.components.railway.stack import Stack, steps
from tests.unit.components.railway.world import World
from tests.unit.ops.railway.far import THEIRS, Far


@pytest.fixture
def far() -> Iterator[Far]:
    """One project of ours with everything, and one of somebody else's."""
    with FakeRailway() as fake:
        world = World(fake)
        Stack().up(world.client(), steps())
        for name, workspace in zip(THEIRS, (WORKSPACE, FOREIGN_WORKSPACE), strict=True):
            fake.store.add(
                "project",
                name=name,
                workspaceId=workspace,
                description=THEIRS[1],
                isPublic=False,
                prDeploys=False,
            )
        fake.calls.clear()
        yield Far(fake)
