"""The script that puts files on a node, run for real in a temporary folder with a fake `docker`."""

from __future__ import annotations

import base64
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import components.deploy
from components.deploy.archive import pack
from components.deploy.files import standard_input
from components.model.files import ConfigFile
from tests.components.host import OLD, USER, Host, archive

SCRIPTS = sorted(Path(components.deploy.__file__).parent.glob("*.sh"))
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_files_arrive_with_their_modes_and_owners(host: Host, shell: str) -> None:
    script = ConfigFile(name="bin/check", text="#!/bin/sh\n", executable=True)
    packed = pack([script, ConfigFile(name="site.cfg", text="ünïcode")], {"password": "geheim"}, USER)

    assert host.deliver(packed, shell=shell) == (0, "")

    stats = {str(path.relative_to(host.folder)): path.stat() for path in host.folder.rglob("*")}
    found = {name: (oct(stat.st_mode)[-4:], stat.st_uid, stat.st_gid) for name, stat in stats.items()}
    assert found == {
        "config": ("0555", 0, 0),
        "config/bin": ("0555", 0, 0),
        "config/bin/check": ("0555", 0, 0),
        "config/site.cfg": ("0444", 0, 0),
        "secrets": ("0500", 4321, 8765),
        "secrets/password": ("0400", 4321, 8765),
    }
    assert (host.folder / "config/site.cfg").read_text() == "ünïcode"
    assert oct(host.folder.stat().st_mode)[-3:] == "700"


def test_the_mounted_folders_keep_their_inodes(host: Host) -> None:
    host.deliver(archive(site="old", extra="gone"))
    before = [(host.folder / name).stat().st_ino for name in ("config", "secrets")]

    assert host.deliver(archive(site="new"))[0] == 0

    assert [(host.folder / name).stat().st_ino for name in ("config", "secrets")] == before


def test_stale_files_and_folders_are_removed(host: Host) -> None:
    host.deliver(archive(site="old", extra="gone", deep="gone too"))

    assert host.deliver(archive("two", site="new"))[0] == 0

    assert host.files() == {"config/site.cfg": "new", "secrets/password": "two"}
    assert not (host.folder / "config/errors").exists()


def test_a_folder_may_become_a_file_and_back(host: Host) -> None:
    as_folder = pack([ConfigFile(name="a/b", text="in a folder")], {}, USER)
    as_file = pack([ConfigFile(name="a", text="a file")], {}, USER)

    for packed, expected in (
        (as_folder, {"config/a/b": "in a folder"}),
        (as_file, {"config/a": "a file"}),
        (as_folder, {"config/a/b": "in a folder"}),
    ):
        assert host.deliver(packed) == (0, "")
        assert host.files() == expected


def test_a_service_without_any_file_ends_with_two_empty_folders(host: Host) -> None:
    host.deliver(archive(site="old"))

    assert host.deliver(pack([], {}, USER)) == (0, "")

    assert host.files() == {}
    assert sorted(path.name for path in host.folder.iterdir()) == ["config", "secrets"]


def test_a_transfer_that_broke_off_changes_nothing(host: Host) -> None:
    host.deliver(archive(site="old"))
    whole = base64.b64decode(archive("two", site="new" * 1000))

    # Every length that is a whole number of tar blocks: tar itself accepts those without a word.
    for length in range(0, len(whole.rstrip(b"\0")) // 512 * 512, 512):
        status, said = host.deliver(base64.encodebytes(whole[:length]).decode())

        assert status == 1, length
        assert "the files of before are still in place" in said
        assert host.files() == OLD
        assert not (host.folder / ".next").exists()


def test_a_script_that_broke_off_is_not_run(host: Host) -> None:
    process = host.start()

    process.communicate(standard_input("")[:-2], timeout=30)

    assert process.returncode == 1
    assert not host.folder.exists()


def test_a_run_that_was_ended_leaves_nothing_behind(host: Host) -> None:
    host.deliver(archive(site="old"))
    process = host.start()
    assert process.stdin is not None
    process.stdin.write(standard_input(archive("two", site="new"))[:-100])
    process.stdin.flush()
    deadline = time.monotonic() + 30
    while not (host.folder / ".next").exists():
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGTERM)

    process.communicate(timeout=30)

    assert process.returncode == 1
    assert host.files() == OLD
    assert not (host.folder / ".next").exists()


def test_what_a_killed_run_left_is_removed_by_the_next(host: Host) -> None:
    for folder in (".next", ".before", "config/.next"):
        (host.folder / folder).mkdir(parents=True)
        (host.folder / folder / "site.cfg").write_text("half")

    assert host.deliver(archive(site="new"))[0] == 0

    assert host.files() == {"config/site.cfg": "new", "secrets/password": "one"}


@pytest.fixture
def full_disk(host: Host) -> Iterator[Host]:
    """The host with its folder on a file system of 64 KiB."""
    host.folder.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(host.folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount")
    yield host
    subprocess.run(["umount", str(host.folder)], check=True)


def test_a_full_disk_changes_nothing(full_disk: Host) -> None:
    full_disk.deliver(archive(site="old"))

    status, said = full_disk.deliver(archive("two", site="new", extra="x" * 100_000))

    assert status == 1
    assert "No space left" in said
    assert full_disk.files() == OLD
    assert not (full_disk.folder / ".next").exists()


def test_a_file_over_the_limit_changes_nothing(host: Host) -> None:
    host.deliver(archive(site="old"))
    process = host.start()
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (10_000, 10_000))

    _, said = process.communicate(standard_input(archive("two", site="new", extra="x" * 100_000)), timeout=30)

    assert process.returncode == 1
    assert "still in place" in said
    assert host.files() == OLD


SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.mark.skipif(SHELLCHECK is None, reason="needs shellcheck")
def test_shellcheck_has_no_objection() -> None:
    assert SCRIPTS
    done = subprocess.run(
        [str(SHELLCHECK), "--shell=sh", *map(str, SCRIPTS)], check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, "")
