"""The first step on a bare machine, with a fake `apt-get` and `python3` on PATH."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab import paths

PYTHON = """#!/bin/sh
[ "$1" = --version ] && echo Python 3.9.2 && exit
[ -e {root}/installed ] || exit 1
[ "$1" = -m ] || exit 0
mkdir -p .venv/bin && printf '#!/bin/sh\\n' > .venv/bin/pip && chmod 755 .venv/bin/pip
"""
APT = """#!/bin/sh
echo "$*" >> {root}/apt
case "$*" in *update*) exit 100 ;; esac
[ {works} = False ] || touch {root}/installed
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with nothing but the script and the lock, on a machine whose user is root."""
    folder = tmp_path / "checkout"
    (folder / "lab").mkdir(parents=True)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.lock").touch()
    shutil.copy(paths.REPO / "lab" / "bootstrap.sh", folder / "lab")
    (tmp_path / "bin").mkdir()
    return folder


def start(checkout: Path, *, apt_works: bool = True) -> subprocess.Popen[str]:
    root = checkout.parent
    for name, text in (("python3", PYTHON), ("apt-get", APT), ("id", "#!/bin/sh\necho 0\n")):
        program = root / "bin" / name
        program.write_text(text.format(root=root, works=apt_works))
        program.chmod(0o755)
    env = {"PATH": f"{root / 'bin'}:{os.defpath}"}
    command = ("sh", checkout / "lab" / "bootstrap.sh")
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)


def test_a_broken_apt_source_does_not_stop_it(checkout: Path) -> None:
    with start(checkout) as process:
        _, said = process.communicate(timeout=30)

    assert process.returncode == 0
    assert (checkout / ".venv" / ".complete").exists()
    assert "apt-get update failed for a source" in said
    assert "DPkg::Lock::Timeout=300" in (checkout.parent / "apt").read_text()


def test_a_python_that_is_still_unusable_is_named(checkout: Path) -> None:
    with start(checkout, apt_works=False) as process:
        _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "must be at least 3.11 and have venv, got Python 3.9.2" in said
    assert not (checkout / ".venv").exists()


@pytest.mark.skipif(shutil.which("flock") is None, reason="no flock (Debian package util-linux)")
def test_a_second_run_waits_and_takes_what_the_first_made(checkout: Path) -> None:
    held = os.open(checkout, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with start(checkout) as process:
        assert process.stderr is not None
        assert "wait for another run" in process.stderr.readline()
        (checkout / ".venv").mkdir()
        (checkout / ".venv" / ".complete").touch()
        os.close(held)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 0
    assert said == ""
    assert not (checkout.parent / "apt").exists()
