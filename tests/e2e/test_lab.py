"""The lab itself: a second `make up` changes nothing and says so; `make down` leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from lab import docker, environment, paths
from lab.__main__ import bring_up, tear_down
from lab.nodes import access
from lab.steps import Steps
from ops import probe
from ops.stack import Stack

BINFMT = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")


def test_a_second_make_up_changes_nothing_and_says_so(restored: Stack) -> None:
    steps = Steps()

    bring_up(steps)

    notes = {step.name: step.note for step in steps.done}
    assert re.fullmatch(r"\d+ unchanged", notes.pop("pulumi up"))
    assert notes.pop("every service healthy") == f"{len(restored.services)} services"
    assert notes.pop("Pulumi engine").startswith("3.")
    assert {name for name, note in notes.items() if note and not note.startswith("nothing to do")} == set()


@pytest.mark.last
def test_make_down_leaves_nothing_and_make_up_starts_anew(restored: Stack) -> None:
    tear_down(Steps())

    for kind in ("container", "network", "volume"):
        listed = docker.docker(kind, "ls", *(("--all",) if kind == "container" else ()))
        assert "aiswarm" not in listed, listed
    assert not paths.state_dir().exists()
    assert list(access.user_ssh_folder().glob("aiswarm-*")) == []
    agents = subprocess.run(("pgrep", "-f", str(access.agent_socket())), capture_output=True, check=False)
    assert agents.returncode == 1
    assert not BINFMT.exists()

    bring_up(Steps())

    environment.activate()
    assert {item.state.good for item in probe.wait_healthy(restored, timeout_seconds=1)} == {True}
