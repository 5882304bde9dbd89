"""Preparation of machines: what is asked of the engine, and the script run for real in a folder."""

from __future__ import annotations

import base64
import shlex
from pathlib import Path

import pytest

import components.deploy
from components.deploy.files import RUN
from components.deploy.host import owner_mark
from components.model.host import HostFile, HostSpec, KernelSetting
from components.model.problems import SpecError
from tests.components.deploying import deployment
from tests.components.machine import MARK, Machine
from tests.components.recording import Recording
from tests.components.samples import settings

NODES = ("oracle", "starlord", "thanos")
SCRIPT = Path(components.deploy.__file__).with_name("prepare_host.sh")


@pytest.mark.parametrize("node", NODES)
def test_each_machine_is_prepared_before_its_containers(deployed: Recording, node: str) -> None:
    """By way of the network, which every container is in."""
    component = deployed.one("aiswarm:index:HostPreparation", f"{node}-host")
    command = deployed.one(":Command", f"{node}-host-prepared")
    network = deployed.one(":Network", f"{node}-network")

    assert component.request.parent.endswith(f"::{node}")
    assert command.request.parent == component.urn
    assert command.name in network.needs
    for container in deployed.all(":Container"):
        if container.name.startswith(node):
            assert network.name in container.needs


def test_what_a_preparation_says_is_shown_and_it_is_taken_back_at_the_end(deployed: Recording) -> None:
    command = deployed.one(":Command", "thanos-host-prepared").inputs
    put, remove = (shlex.split(command[name]) for name in ("create", "delete"))

    assert command["logging"] == "stdoutAndStderr"
    assert command["update"] == command["create"]
    assert put == ["sh", "-c", RUN, "prepare-host", "put", "/opt/swarm", "test", MARK]
    assert remove == [*put[:4], "remove", *put[5:]]
    assert base64.b64decode(command["stdin"].splitlines()[0]) == SCRIPT.read_bytes()
    assert "triggers" not in command


def test_another_account_becomes_root() -> None:
    command = deployment(found=settings(ssh={"user": "swarm"})).one(":Command", "oracle-host-prepared").inputs

    assert command["create"].startswith("sudo -n sh -c ")
    assert command["delete"].startswith("sudo -n sh -c ")


@pytest.mark.parametrize("path", ["etc/relative", "/with space"])
def test_a_path_that_the_script_could_not_read_is_refused(path: str) -> None:
    with pytest.raises(SpecError, match=r"oracle\.host: must have absolute paths without spaces"):
        HostSpec(node="oracle", files=(HostFile(path=path, text="\n"),))


def test_files_and_folders_are_put_and_carry_the_mark(machine: Machine) -> None:
    said = machine.put(machine.spec(files={"etc/a.conf": "one\n", "etc/deep/b.sh": "#!/bin/sh\ntwo\n"}))

    assert machine.files() == {
        "etc/a.conf": f"{MARK}\none\n",
        "etc/deep/b.sh": f"#!/bin/sh\n{MARK}\ntwo\n",
    }
    assert oct(machine.root.stat().st_mode)[-3:] == "700"
    assert oct((machine.root / "metrics").stat().st_mode)[-3:] == "755"
    assert f"{machine.top}/etc/a.conf: written" in said
    assert "no systemd runs here: nothing was reloaded" in said


def test_a_second_run_changes_nothing(systemd: Machine) -> None:
    spec = systemd.spec(files={"etc/systemd/system/probe.service": "[Unit]\n"})
    systemd.put(spec)
    before = {path: path.stat().st_mtime_ns for path in systemd.top.rglob("*") if path.is_file()}
    calls = systemd.calls()

    assert ": as it was" in systemd.put(spec)

    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert systemd.calls() == calls == ["daemon-reload"]


def test_all_is_gone_afterwards_but_what_was_there_before(machine: Machine) -> None:
    foreign = machine.top / "etc/foreign.conf"
    foreign.parent.mkdir()
    foreign.write_text("another's")
    spec = machine.spec(files={"etc/a.conf": "one\n", "etc/new/b.conf": "two\n"})
    machine.put(spec)

    machine.remove(spec)
    machine.remove(spec)

    assert machine.files() == {"etc/foreign.conf": "another's"}
    assert not machine.root.exists()
    assert not (machine.top / "etc/new").exists()


def test_what_others_have_put_into_our_folders_stays(machine: Machine) -> None:
    spec = machine.spec()
    machine.put(spec)
    (machine.root / "metrics/backup.prom").write_text("figures")

    said = machine.remove(spec)

    assert machine.files() == {"opt/swarm/metrics/backup.prom": "figures"}
    assert f"{machine.root}/metrics: left as it is, because something is in it" in said


def test_what_is_no_longer_wanted_goes_and_what_was_changed_by_hand_comes_back(machine: Machine) -> None:
    machine.put(machine.spec(files={"etc/a.conf": "one\n", "etc/old/b.conf": "two\n"}))
    (machine.top / "etc/a.conf").write_text(f"{MARK}\nby hand\n")

    said = machine.put(machine.spec(files={"etc/a.conf": "one\n"}))

    assert machine.files() == {"etc/a.conf": f"{MARK}\none\n"}
    assert not (machine.top / "etc/old").exists()
    assert f"{machine.top}/etc/old/b.conf: removed" in said


@pytest.mark.parametrize("kind", ["file", "link", "folder", "other-stack"])
def test_another_ones_file_is_refused_before_anything_is_put(machine: Machine, kind: str) -> None:
    path = machine.top / "etc/a.conf"
    path.parent.mkdir()
    if kind == "link":
        path.symlink_to("/dev/null")
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text("foreign\n" if kind == "file" else f"{owner_mark('other')}\none\n")

    status, said = machine.run("put", machine.spec(files={"etc/0.conf": "zero\n", "etc/a.conf": "one\n"}))

    assert status == 1
    assert (
        said == f"{path}: must not be there yet, got a file that this stack has not put there; move it away\n"
    )
    assert not machine.root.exists()
    assert not (machine.top / "etc/0.conf").exists()


def test_a_file_that_somebody_has_made_his_own_is_not_removed(machine: Machine) -> None:
    spec = machine.spec(files={"etc/a.conf": "one\n"})
    machine.put(spec)
    (machine.top / "etc/a.conf").write_text("mine now\n")

    said = machine.remove(spec)

    assert machine.files() == {"etc/a.conf": "mine now\n"}
    assert "a.conf: left as it is, because this stack has not put it there" in said


def test_a_file_for_a_unit_that_the_machine_lacks_is_left_out(machine: Machine) -> None:
    file = HostFile(path=f"{machine.top}/etc/a.conf", text="one\n", needs_unit="no-such-thing.service")

    said = machine.put(HostSpec(node="oracle", files=(file,)))

    assert said.startswith(f"{file.path}: left out, because this machine has no no-such-thing.service\n")
    assert machine.files() == {}


def test_a_killed_run_is_taken_back_all_the_same(machine: Machine) -> None:
    """The list knows of a thing before it is made."""
    spec = machine.spec(files={"etc/new/a.conf": "one\n"})
    (machine.fake / "mv").write_text(
        '#!/bin/sh\ncase $* in *a.conf*) /bin/mv "$@"; kill -9 $PPID ;; esac\nexec /bin/mv "$@"\n'
    )
    (machine.fake / "mv").chmod(0o755)
    assert machine.run("put", spec)[0] != 0
    assert "etc/new/a.conf" in machine.files()
    (machine.fake / "mv").unlink()

    machine.remove(spec)

    assert machine.files() == {}
    assert not (machine.top / "etc").exists()


def test_a_setting_that_the_kernel_does_not_know_is_a_warning(machine: Machine) -> None:
    setting = KernelSetting(name="aiswarm.nothing", value=1, reason="none")

    assert "warning: aiswarm.nothing: this kernel does not know it" in machine.put(
        machine.spec(kernel=(setting,))
    )
