"""A stand-in for Railway, and stacks that the real engine deploys to it; the lab's hosts are not needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab import engine, paths, plugins
from lab.fakes.railway import FakeRailway
from lab.fakes.railway.clock import Clock
from tests.e2e.railway.project import Project, Start

SPEED = 20.0
"""Seconds that pass at the stand-in in a real one."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PULUMI_HOME with the plugins that the small program needs."""
    folder = tmp_path_factory.mktemp("pulumi-home")
    found = engine.find()
    assert found is not None, "`make up` builds the engine"
    engine.install_plugins(found, folder)
    if found.built_here:
        plugins.install(folder, paths.REPO / ".venv" / "bin" / "python")
    return folder


def _serve(folder: Callable[[str], Path], home: Path) -> Iterator[Start]:
    with FakeRailway(clock=Clock(speed=SPEED)) as railway:
        url = railway.start()
        yield lambda stack: Project(folder(stack), home, railway, url, stack)


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Start]:
    """Makes stacks at a Railway of the test's own."""
    yield from _serve(tmp_path_factory.mktemp, home)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Project]:
    """A stack on which everything is deployed; whoever changes it restores it."""
    for start in _serve(tmp_path_factory.mktemp, home):
        made = start("test")
        made.up()
        yield made


@pytest.fixture
def project(start: Start) -> Project:
    """The same for one test alone."""
    made = start("test")
    made.up()
    return made
