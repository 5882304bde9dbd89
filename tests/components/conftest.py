"""Shared fixtures: the sample swarm, deployed once for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.components.deploying import deployment
from tests.components.host import CHECK, FAKE_DOCKER, Host
from tests.components.machine import DOCKER, SYSTEMCTL, Machine
from tests.components.recording import Recording


@pytest.fixture(scope="session")
def deployed() -> Recording:
    return deployment()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A stand-in for a node, without any file yet."""
    fake = tmp_path / "bin"
    fake.mkdir()
    for name, text in (("docker", FAKE_DOCKER), ("check", CHECK)):
        (fake / name).write_text(text)
        (fake / name).chmod(0o755)
    (fake / "rendered").mkdir()
    return Host(tmp_path / "opt" / "haproxy", fake)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without anything on it."""
    made = Machine(tmp_path / "machine", tmp_path / "bin")
    made.top.mkdir()
    made.fake.mkdir()
    for name, text in (("systemctl", SYSTEMCTL), ("docker", DOCKER)):
        (made.fake / name).write_text(text)
        (made.fake / name).chmod(0o755)
    (made.fake / "gpu-users").write_text("")
    return made


@pytest.fixture
def systemd(machine: Machine) -> Machine:
    """The machine, with systemd as its first process."""
    (machine.fake / "systemd").touch()
    return machine
