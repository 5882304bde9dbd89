"""Preparation of the lab's machines: what is there after `up`, what goes with it, and whose files stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.catalogue.hosts import KERNEL_FILE, preparations
from components.catalogue.swarm import swarm
from components.deploy.host import owner_mark
from components.model.naming import METRICS_FOLDER
from lab import nodes
from ops.stack import Stack
from tests.e2e.engine import UP, Config
from tests.e2e.probe_program import Probe, running_probe

NODE = "thanos"
CONF = "/etc/sysctl.d/91-aiswarm-probe.conf"
UNIT = "/etc/systemd/system/aiswarm-probe.service"
NEW_FOLDER = "/etc/aiswarm-probe.d"
SETTING = "net.ipv4.tcp_fin_timeout"
"""A node of the lab has its own, as every container has."""

MACHINES_SETTING = "vm.overcommit_memory"
"""Of the machine around the lab: the lab must not touch it."""


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    before = state()
    with running_probe(tmp_path) as probe:
        probe.describe()
        yield probe
    assert state() == before, "removed, a machine is as it was"


def state() -> str:
    """All that a preparation may touch on the node, but for time stamps."""
    return nodes.ssh(
        NODE,
        "find /etc/sysctl.d /etc/systemd /opt/swarm -maxdepth 3 2>/dev/null | sort;"
        f"ls -d {NEW_FOLDER} 2>/dev/null; cat /proc/sys/{SETTING.replace('.', '/')}",
    )


def wanted(**more: object) -> Config:
    """A preparation with a file at a place that there is, and one where there is none."""
    return {
        "folders": {"/opt/swarm/probe-metrics": "0755"},
        "files": [
            {"path": CONF, "text": f"{SETTING} = 61\n"},
            {"path": f"{NEW_FOLDER}/deep/run.sh", "text": "#!/bin/sh\nexit 0\n"},
            {"path": UNIT, "text": "[Service]\nExecStart=/bin/true\n", "needs_unit": "tailscaled.service"},
        ],
        "kernel": {SETTING: 61, MACHINES_SETTING: 1},
        **more,
    }


def ssh(command: str) -> str:
    return nodes.ssh(NODE, command).strip()


def test_everything_is_there_after_up_and_a_second_one_is_quiet(probe: Probe) -> None:
    machines = ssh(f"cat /proc/sys/{MACHINES_SETTING.replace('.', '/')}")
    probe.prepare(thanos=wanted())

    said = probe.engine.up()

    assert f"{CONF}: written" in said
    assert f"{UNIT}: left out, because this machine has no tailscaled.service" in said
    assert "no systemd runs here: nothing was reloaded" in said
    assert f"{SETTING}: 61 is in effect, 60 was before" in said
    assert f"warning: {MACHINES_SETTING}: {machines} stays in effect" in said
    mark = owner_mark("probe")
    assert ssh(f"cat {CONF}") == f"{mark}\n{SETTING} = 61"
    assert ssh(f"cat {NEW_FOLDER}/deep/run.sh").splitlines() == ["#!/bin/sh", mark, "exit 0"]
    assert ssh("stat -c '%a %u' /opt/swarm/probe-metrics") == "755 0"
    assert ssh(f"test -e {UNIT}; echo $?") == "1"
    assert ssh(f"cat /proc/sys/{SETTING.replace('.', '/')}") == "61"
    answer = probe.engine.run("preview", "--refresh", "--expect-no-changes")
    assert answer.status == 0, answer.text


def test_an_edit_takes_away_what_is_no_longer_wanted(probe: Probe) -> None:
    probe.prepare(thanos=wanted())
    probe.engine.up()
    probe.prepare(thanos=wanted(files=[{"path": CONF, "text": "# nothing\n"}], kernel={}))

    probe.engine.up()

    assert ssh(f"cat {CONF}") == f"{owner_mark('probe')}\n# nothing"
    assert ssh(f"test -e {NEW_FOLDER}; echo $?") == "1"
    assert ssh(f"cat /proc/sys/{SETTING.replace('.', '/')}") == "60"


def test_what_somebody_has_changed_comes_back_when_the_operator_says_so(probe: Probe) -> None:
    """The way of docs/hosts.md: the engine does not look at files."""
    probe.prepare(thanos=wanted())
    probe.engine.up()
    ssh(f"rm {CONF}")

    probe.engine.up("--replace", f"**{NODE}-host-prepared")

    assert ssh(f"cat {CONF}") == f"{owner_mark('probe')}\n{SETTING} = 61"
    assert ssh(f"cat /proc/sys/{SETTING.replace('.', '/')}") == "61"


@pytest.fixture
def foreign() -> Iterator[str]:
    """A file that somebody has put where one of ours would lie."""
    ssh(f"echo another >{CONF}")
    yield "another"
    ssh(f"rm {CONF}")


def test_another_ones_file_is_refused_and_stays(tmp_path: Path, foreign: str) -> None:
    with running_probe(tmp_path) as probe:
        probe.prepare(thanos=wanted())
        probe.describe()

        answer = probe.engine.run(*UP)

        assert answer.status != 0
        assert f"{CONF}: must not be there yet, got a file that this stack has not put there" in answer.text
        assert ssh(f"test -e {NEW_FOLDER}; echo $?") == "1", "nothing may be put where one thing is refused"
    assert ssh(f"cat {CONF}") == foreign


@pytest.mark.parametrize("node", ["oracle", "starlord", "thanos"])
def test_the_labs_own_machines_are_prepared(deployed: Stack, node: str) -> None:
    spec = preparations(deployed.settings, swarm(deployed.settings))[node]
    mark = owner_mark(deployed.name)

    for file in spec.files:
        if not file.needs_unit:
            assert nodes.ssh(node, f"cat {file.path}").splitlines() == file.marked(mark).splitlines()
    assert nodes.ssh(node, f"stat -c %a {METRICS_FOLDER}").strip() == "755"
    assert "net.ipv4.ip_nonlocal_bind = 1" in nodes.ssh(node, f"cat {KERNEL_FILE}").splitlines()
