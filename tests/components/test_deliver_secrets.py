"""Delivery and the secrets beside it: those that the agent renders, and those that must never change."""

from __future__ import annotations

import os
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from components.deploy.archive import pack
from tests.components.host import AGENT, OLD, USER, Host, archive

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


def restarts(host: Host) -> int:
    return host.calls().count(f"restart --time 5 {AGENT}")


def program(host: Host, name: str, text: str) -> None:
    """Put a program in the place of one of the machine's own."""
    (host.fake / name).write_text(f"#!/bin/sh\n{text}\n")
    (host.fake / name).chmod(0o755)


def test_a_version_that_is_there_is_not_waited_for(host: Host) -> None:
    host.render("7")

    assert host.deliver(archive(site="new"), version="7") == (0, "")

    assert host.calls() == [f"exec {AGENT} cat {host.fake}/rendered/haproxy"]
    assert host.files()["config/site.cfg"] == "new"


def test_files_come_only_once_the_agent_has_the_version(host: Host) -> None:
    host.deliver(archive(site="old"))
    host.render("6")
    program(host, "date", "echo 1000")  # no patience ends
    with ThreadPoolExecutor() as pool:
        delivery = pool.submit(host.deliver, archive("two", site="new"), version="7")
        deadline = time.monotonic() + 30
        while len(host.calls()) < 3:
            assert time.monotonic() < deadline
        assert {name: text for name, text in host.files().items() if name[0] != "."} == OLD
        host.render("7")

    assert delivery.result() == (0, "")
    assert host.files() == {"config/site.cfg": "new", "secrets/password": "two"}
    assert restarts(host) == 0


def test_an_agent_that_has_not_looked_yet_is_started_again_once(host: Host) -> None:
    """It looks when it starts; by itself it would only a minute later."""
    host.render("6")
    host.render("7", once_started=True)

    assert host.deliver(archive(site="new"), version="7") == (0, "")

    assert restarts(host) == 1
    assert host.files()["config/site.cfg"] == "new"


def test_deliveries_at_the_same_time_start_the_agent_once(host: Host) -> None:
    """Each start brings the secrets of all services, and none may disturb another one's wait."""
    hosts = [replace(host, folder=host.folder.with_name(f"service-{number}")) for number in range(5)]
    for number, one in enumerate(hosts):
        one.render(str(number), once_started=True)
    (host.fake / "slow").touch()  # so that all of them have lost their patience before it has started
    with ThreadPoolExecutor() as pool:
        running = [
            pool.submit(one.deliver, archive(site=f"of {number}"), version=str(number))
            for number, one in enumerate(hosts)
        ]

    assert [delivery.result() for delivery in running] == [(0, "")] * len(hosts)
    assert restarts(host) == 1
    assert [one.files()["config/site.cfg"] for one in hosts] == [f"of {number}" for number in range(5)]


def test_a_delivery_waits_for_an_earlier_one_to_the_same_folder(host: Host) -> None:
    """The earlier one goes on after its `up` was ended, for as long as it waits for the agent."""
    host.render("6")
    program(host, "date", "echo 1000")  # no patience ends
    program(host, "flock", f'echo "$@" >>{host.fake}/locks\nexec {shutil.which("flock")} "$@"')
    locks = host.fake / "locks"
    with ThreadPoolExecutor() as pool:
        earlier = pool.submit(host.deliver, archive("two", site="earlier", extra="earlier"), version="7")
        deadline = time.monotonic() + 30
        while not host.calls():
            assert time.monotonic() < deadline
        later = pool.submit(host.deliver, archive("three", site="later"))
        while locks.read_text().count(" 8\n") < 2 and not later.done():
            assert time.monotonic() < deadline
        host.render("7")

    assert (earlier.result(), later.result()) == ((0, ""), (0, ""))
    assert host.files() == {"config/site.cfg": "later", "secrets/password": "three"}


def test_a_delivery_that_cannot_begin_says_so_and_changes_nothing(host: Host) -> None:
    host.deliver(archive(site="old"))
    program(host, "flock", "exit 1")

    status, said = host.deliver(archive("two", site="new"))

    assert (status, said) == (
        1,
        "haproxy: an earlier delivery has not ended within 5 minutes, see ps -ef on its machine\n",
    )
    assert host.files() == OLD


@pytest.fixture
def hurried(host: Host) -> Host:
    """The host with a clock that goes on while somebody sleeps and at no other time."""
    clock = host.fake / "clock"
    clock.write_text("1000")
    program(host, "date", f"cat {clock}")
    program(host, "sleep", f"echo $(($(cat {clock}) + 1)) >{clock}")
    return host


def test_an_agent_that_never_renders_changes_nothing(hurried: Host) -> None:
    hurried.deliver(archive(site="old"))
    hurried.render("6")

    status, said = hurried.deliver(archive("two", site="new"), version="7")

    assert status == 1
    assert said == (
        "haproxy: oracle-agent has not fetched its secrets within a minute, see docker logs oracle-agent; "
        "the configuration of before is still in place, beside secrets that may be the new ones\n"
    )
    assert hurried.files() == OLD
    assert sorted(path.name for path in hurried.folder.iterdir()) == ["config", "secrets"]
    assert restarts(hurried) == 1
    assert 1060 <= int((hurried.fake / "clock").read_text()) <= 1070


def test_after_a_refusal_the_next_delivery_is_not_locked_out(hurried: Host) -> None:
    assert hurried.deliver(archive(site="old"), version="7")[0] == 1
    hurried.render("7")

    assert hurried.deliver(archive(site="new"), version="7") == (0, "")


def test_a_program_reads_its_files_again_only_with_the_new_secrets_there(host: Host) -> None:
    host.deliver(archive(site="old"))
    host.render("6")
    host.render("7", once_started=True)

    with host.running() as running:
        assert host.deliver(archive(site="new"), reload=True, version="7") == (0, "")
        assert running.wait(timeout=30) == -signal.SIGHUP

    order = [call.split()[0] for call in host.calls() if AGENT not in call or "restart" in call]
    assert order == ["restart", "ps", "exec", "inspect"]


def test_a_program_without_its_new_secrets_is_left_alone(hurried: Host) -> None:
    hurried.deliver(archive(site="old"))

    with hurried.running() as running:
        assert hurried.deliver(archive(site="new"), reload=True, version="7")[0] == 1
        assert running.poll() is None

    assert [call.split()[0] for call in hurried.calls() if AGENT not in call] == []


def seal(text: str, **more: str) -> str:
    """Files of a service whose data opens with one of its secrets."""
    return pack([], {"seal-k1": text, **more}, USER)


def state(file: Path) -> tuple[bytes, int, int, int]:
    stat = file.stat()
    return file.read_bytes(), stat.st_mtime_ns, stat.st_mode, stat.st_uid


def test_what_data_opens_with_is_never_overwritten(host: Host) -> None:
    assert host.deliver(seal("0123", other="old"), fixed=["seal-k1"]) == (0, "")
    before = state(host.folder / "secrets/seal-k1")

    status, said = host.deliver(seal("4567", other="new"), fixed=["seal-k1"])

    assert status == 1
    assert said == (
        "haproxy: seal-k1 on this machine is not the one of the stack, and the data here opens with no "
        "other; the files of before are still in place\n"
    )
    assert host.files() == {"secrets/seal-k1": "0123", "secrets/other": "old"}
    assert state(host.folder / "secrets/seal-k1") == before


@pytest.mark.parametrize("other", ["0123\n", "012", ""])
def test_a_difference_of_one_byte_is_one(host: Host, other: str) -> None:
    host.deliver(seal("0123"), fixed=["seal-k1"])

    assert host.deliver(seal(other), fixed=["seal-k1"])[0] == 1
    assert host.files() == {"secrets/seal-k1": "0123"}


def test_beside_what_is_fixed_everything_may_change(host: Host) -> None:
    host.deliver(seal("0123", other="old"), fixed=["seal-k1"])
    packed = pack([], {"seal-k1": "0123", "seal-k2": "4567", "other": "new"}, USER)

    assert host.deliver(packed, fixed=["seal-k1", "seal-k2"]) == (0, "")

    assert host.files() == {"secrets/seal-k1": "0123", "secrets/seal-k2": "4567", "secrets/other": "new"}


def keys(*numbers: int) -> tuple[str, list[str]]:
    """Files of a service with these keys, and the keys' names."""
    names = [f"seal-k{number}" for number in numbers]
    return pack([], {"other": "text", **{name: f"of {name}" for name in names}}, USER), names


def test_keys_stay_where_the_stack_knows_of_none(host: Host) -> None:
    packed, fixed = keys(1)
    assert host.deliver(packed, fixed=fixed) == (0, "")
    before = host.files()

    status, said = host.deliver(pack([], {"other": "text"}, USER))

    assert status == 1
    assert "the stack has no seal-k1, and the data here may open with no other" in said
    assert host.files() == before


def test_a_key_that_an_older_stack_file_does_not_know_stays(host: Host) -> None:
    packed, fixed = keys(1, 2)
    assert host.deliver(packed, fixed=fixed) == (0, "")
    before = host.files()

    packed, fixed = keys(1)
    status, said = host.deliver(packed, fixed=fixed)

    assert status == 1
    assert said == (
        "haproxy: the stack has no seal-k2, and the data here may open with no other (set aiswarm:epochs "
        "back to what it was); the files of before are still in place\n"
    )
    assert host.files() == before


def test_keys_are_renewed_one_at_a_time(host: Host) -> None:
    """The server reads the last two only, so its data would open with none of these."""
    packed, fixed = keys(1)
    host.deliver(packed, fixed=fixed)
    before = host.files()

    packed, fixed = keys(1, 2, 3)
    status, said = host.deliver(packed, fixed=fixed)

    assert status == 1
    assert "haproxy: must get one new key at a time, got seal-k2 seal-k3 (set aiswarm:epochs back" in said
    assert host.files() == before


def test_a_new_machine_gets_all_keys_at_once(host: Host) -> None:
    packed, fixed = keys(8, 9, 10)
    assert host.deliver(packed, fixed=fixed) == (0, "")

    packed, fixed = keys(8, 9, 10, 11)
    assert host.deliver(packed, fixed=fixed) == (0, "")

    assert set(host.files()) == {"secrets/other", *(f"secrets/{name}" for name in fixed)}


def test_secrets_arrive_byte_by_byte(host: Host) -> None:
    """A newline at the end would become part of a key."""
    text = "no newline, ünïcode, $HOME `id` \\n %s"

    assert host.deliver(pack([], {"key": text, "empty": ""}, USER)) == (0, "")

    assert (host.folder / "secrets/key").read_bytes() == text.encode()
    assert (host.folder / "secrets/empty").read_bytes() == b""
