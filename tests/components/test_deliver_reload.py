"""Delivery to a program that runs: it checks the files in place, and a refusal undoes everything."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from components.deploy.archive import pack
from components.deploy.files import standard_input
from components.model.files import ConfigFile
from tests.components.host import IMAGE, OLD, USER, Host, archive

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


def test_a_running_program_checks_the_new_files_and_then_reads_them(host: Host) -> None:
    host.deliver(archive(site="old"))

    with host.running() as program:
        assert host.deliver(archive("two", site="new"), reload=True) == (0, "")
        assert program.wait(timeout=30) == -signal.SIGHUP

    assert host.files() == {"config/site.cfg": "new", "secrets/password": "two"}
    assert sorted(path.name for path in host.folder.iterdir()) == ["config", "secrets"]
    assert host.calls() == [
        f"ps --quiet --filter name=^/haproxy$ --filter ancestor={IMAGE} --filter status=running",
        f"exec 4cafe {host.fake}/check {host.folder}",
        "inspect --format {{.State.Pid}} 4cafe",
    ]


def attributes(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """Inode, mode and owner of everything in a folder."""
    stats = {str(path.relative_to(folder)): path.stat() for path in folder.rglob("*")}
    return {name: (stat.st_ino, stat.st_mode, stat.st_uid, stat.st_gid) for name, stat in stats.items()}


def test_a_refused_configuration_leaves_the_old_one(host: Host) -> None:
    host.deliver(archive(site="old", extra="kept"))
    before, attributes_before = host.files(), attributes(host.folder)
    (host.fake / "refuses").touch()

    with host.running() as program:
        status, said = host.deliver(archive("two", site="broken", deep="new"), reload=True)
        assert program.poll() is None

    assert status == 1
    assert "haproxy: the program refuses its new files, saying: line 3: unknown keyword" in said
    assert host.files() == before
    after = attributes(host.folder)
    assert {name: after[name] for name in ("config", "secrets")} == {
        name: attributes_before[name] for name in ("config", "secrets")
    }
    assert {name: found[1:] for name, found in after.items()} == {
        name: found[1:] for name, found in attributes_before.items()
    }


def test_a_configuration_may_name_a_secret_that_comes_with_it(host: Host) -> None:
    host.deliver(archive(site="old"))
    config = [ConfigFile(name="site.cfg", text="opens token")]

    with host.running() as program:
        assert host.deliver(pack(config, {"token": "new"}, USER), reload=True) == (0, "")
        assert program.wait(timeout=30) == -signal.SIGHUP

    assert host.files() == {"config/site.cfg": "opens token", "secrets/token": "new"}


def test_a_bad_secret_is_refused_along_with_a_good_configuration(host: Host) -> None:
    host.deliver(archive(site="old"))

    with host.running() as program:
        status, said = host.deliver(archive("mismatched", site="new"), reload=True)
        assert program.poll() is None

    assert status == 1
    assert "saying: the key does not match the certificate" in said
    assert host.files() == OLD


def ended_while_checking(host: Host, number: signal.Signals) -> int:
    """Status of a run that gets a signal when its files are in place and nobody has agreed to them yet."""
    process = host.start(reload=True)
    (host.fake / "victim").write_text(f"-{number} {process.pid}")
    process.communicate(standard_input(archive("two", site="unchecked", extra="unchecked")), timeout=30)
    (host.fake / "victim").unlink()
    return process.returncode


def killed_while_checking(host: Host) -> None:
    assert ended_while_checking(host, signal.SIGKILL) == -signal.SIGKILL
    assert (host.folder / "config/site.cfg").read_text() == "unchecked"


def test_a_run_that_is_ended_while_the_program_checks_undoes_itself(host: Host) -> None:
    host.deliver(archive(site="old"))

    with host.running() as program:
        assert ended_while_checking(host, signal.SIGTERM) == 1
        assert program.poll() is None

    assert host.files() == OLD
    assert sorted(path.name for path in host.folder.iterdir()) == ["config", "secrets"]


def test_after_a_run_that_was_killed_the_next_one_delivers(host: Host) -> None:
    host.deliver(archive(site="old"))

    with host.running() as program:
        killed_while_checking(host)
        assert host.deliver(archive("three", site="new"), reload=True) == (0, "")
        assert program.wait(timeout=30) == -signal.SIGHUP

    assert host.files() == {"config/site.cfg": "new", "secrets/password": "three"}


def test_after_a_run_that_was_killed_a_refusal_restores_what_was_agreed_to(host: Host) -> None:
    host.deliver(archive(site="old"))

    with host.running() as program:
        killed_while_checking(host)
        assert host.deliver(archive("mismatched", site="new"), reload=True)[0] == 1
        assert program.poll() is None

    assert host.files() == OLD
    assert sorted(path.name for path in host.folder.iterdir()) == ["config", "secrets"]


def test_a_container_that_does_not_run_is_not_asked(host: Host) -> None:
    assert host.deliver(archive(site="first"), reload=True) == (0, "")

    assert [call.split()[0] for call in host.calls()] == ["ps"]
    assert host.files() == {"config/site.cfg": "first", "secrets/password": "one"}


def test_without_a_reload_docker_is_not_needed(host: Host) -> None:
    with host.running():
        assert host.deliver(archive(site="new")) == (0, "")

    assert host.calls() == []


def test_no_docker_at_all_is_an_error_where_a_program_must_reload(host: Host) -> None:
    host.deliver(archive(site="old"))
    (host.fake / "docker").write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")

    status, said = host.deliver(archive(site="new"), reload=True)

    assert status == 1
    assert "Cannot connect" in said
    assert host.files() == OLD
