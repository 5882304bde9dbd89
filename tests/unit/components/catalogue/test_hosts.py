"""What the machines of both committed stacks get, and that their own programs can read it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from components.catalogue.hosts import DOCKER_ORDER_FILE, KERNEL_FILE, POWER_CAP, preparations
from components.catalogue.swarm import swarm
from components.model.host import HostFile, HostSpec
from tests.unit.components.stacks import STACKS, settings

MARK = "# whose this is"
CARDS = (
    {"name": "one", "memory_mib": 24000, "power_cap_watts": 300},
    {"name": "two", "memory_mib": 24000},
    {"name": "three", "memory_mib": 24000, "power_cap_watts": 250},
)
SHELLCHECK = Path(sys.executable).with_name("shellcheck")

NVIDIA_SMI = """#!/bin/sh
printf '%s\\n' "$*" >>"$FAKE/calls"
case $* in *power.default_limit*) echo 320.00 ;; esac
"""


def prepared(stack: str, node: str, **changes: object) -> HostSpec:
    given = settings(stack, **changes)
    return preparations(given, swarm(given))[node]


def file(spec: HostSpec, end: str) -> HostFile:
    (found,) = (file for file in spec.files if file.path.endswith(end))
    return found


def capped() -> HostSpec:
    """A node with three cards, of which two are capped."""
    return prepared("prod", "starlord", nodes__starlord__gpus=list(CARDS))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("node", "forks"), [("oracle", True), ("starlord", False), ("thanos", False)])
def test_only_the_node_with_redis_lets_it_fork(stack: str, node: str, forks: bool) -> None:
    spec = prepared(stack, node)

    assert {setting.name: setting.value for setting in spec.kernel} == {
        "net.ipv4.ip_nonlocal_bind": 1,
        **({"vm.overcommit_memory": 1} if forks else {}),
    }


@pytest.mark.parametrize("node", ["oracle", "thanos"])
def test_after_a_reboot_the_kernel_is_told_the_same_with_a_reason_each(node: str) -> None:
    spec = prepared("prod", node)
    lines = file(spec, KERNEL_FILE).text.splitlines()

    assert lines[1::2] == [f"{setting.name} = {setting.value}" for setting in spec.kernel]
    assert all(line.startswith("# ") for line in lines[0::2])


def test_the_small_card_is_capped_and_nothing_in_the_lab() -> None:
    capped = [
        f"{stack}-{node}"
        for stack in STACKS
        for node in ("oracle", "starlord", "thanos")
        if prepared(stack, node).units
    ]

    assert capped == ["prod-thanos"]
    assert "caps='0 250'" in file(prepared("prod", "thanos"), "gpu-power-cap.sh").text


def test_a_changed_cap_changes_the_script_alone_so_that_systemd_need_not_read_its_units_again() -> None:
    other = prepared("prod", "starlord", nodes__starlord__gpus=[{**CARDS[0], "power_cap_watts": 200}])

    assert file(other, POWER_CAP) == file(capped(), POWER_CAP)
    assert file(other, "gpu-power-cap.sh") != file(capped(), "gpu-power-cap.sh")


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("cap", ["-pm 1", "-i 0 -pl 300", "-i 2 -pl 250"]),
        (
            "default",
            [
                "-i 0 --query-gpu=power.default_limit --format=csv,noheader,nounits",
                "-i 0 -pl 320.00",
                "-i 2 --query-gpu=power.default_limit --format=csv,noheader,nounits",
                "-i 2 -pl 320.00",
            ],
        ),
    ],
)
def test_the_script_caps_each_card_by_its_index(tmp_path: Path, action: str, expected: list[str]) -> None:
    (tmp_path / "nvidia-smi").write_text(NVIDIA_SMI)
    (tmp_path / "nvidia-smi").chmod(0o755)
    script = file(capped(), "gpu-power-cap.sh").marked(MARK)

    subprocess.run(
        ["dash", "-c", script, "gpu-power-cap", action],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAKE": str(tmp_path)},
        check=True,
    )

    assert (tmp_path / "calls").read_text().splitlines() == expected


def test_the_script_is_sound(tmp_path: Path) -> None:
    script = tmp_path / "cap.sh"
    script.write_text(file(capped(), "gpu-power-cap.sh").marked(MARK))

    done = subprocess.run([str(SHELLCHECK), str(script)], text=True, capture_output=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    spec = capped()
    unit = tmp_path / POWER_CAP
    unit.write_text(file(spec, POWER_CAP).marked(MARK))
    docker = tmp_path / "docker.service"
    docker.write_text("[Service]\nExecStart=/bin/true\n")
    drop_in = tmp_path / "docker.service.d" / Path(DOCKER_ORDER_FILE).name
    drop_in.parent.mkdir()
    drop_in.write_text(file(spec, DOCKER_ORDER_FILE).marked(MARK))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit), str(docker)],
        text=True, capture_output=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not [line for line in said.splitlines() if "aiswarm" in line or "docker" in line], said


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("node", ["oracle", "starlord", "thanos"])
def test_every_file_can_carry_the_mark_as_a_comment(stack: str, node: str) -> None:
    for found in prepared(stack, node).files:
        assert MARK in found.marked(MARK).splitlines()[:2]
        assert found.text.splitlines()[0].startswith("#")
        assert "§" not in found.text


def test_docker_waits_for_tailscale_only_where_there_is_one() -> None:
    assert file(prepared("prod", "oracle"), DOCKER_ORDER_FILE).needs_unit == "tailscaled.service"
