"""What benches deploy: accepted by the program's own settings, and alike for both engines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bench.lab_hosts import NETWORK, SUBNETS, TESTS_NETWORK, Hosts
from bench.machine import memory_gib, processor
from bench.peers.alike import differences
from bench.peers.opentofu import configuration
from bench.pulumi_project import PROBE, base_config, own_network
from bench.services import NODES, spread_over_nodes
from components.config.load import parse
from lab import paths
from lab.images import LabImage
from lab.nodes import LabNode

PAUSE = LabImage(
    name="pause",
    reference=f"registry.test/pause:1@sha256:{'0' * 64}",
    stand_in=True,
    platforms=("linux/amd64",),
)
MACHINES = tuple(
    LabNode(name=name, address=f"192.0.2.{number}", host_key="ssh-ed25519 AAAA")
    for number, name in enumerate(NODES, 1)
)


def test_containers_are_dealt_out_evenly() -> None:
    found = spread_over_nodes(7, PAUSE)

    assert [item["node"] for item in found].count("oracle") == 3
    assert len({item["name"] for item in found}) == 7


def test_an_edit_changes_as_many_containers_as_asked() -> None:
    before, after = spread_over_nodes(5, PAUSE), spread_over_nodes(5, PAUSE, edited=2)

    assert sum(one != other for one, other in zip(before, after, strict=True)) == 2


def test_the_settings_are_those_of_the_lab_on_this_machine() -> None:
    committed = yaml.safe_load((paths.REPO / "Pulumi.lab.yaml").read_text())["config"]
    hosts = Hosts(folder=Path("unused"), engine_bin=Path("unused"), machines=MACHINES, pause=PAUSE)

    config = base_config(committed, hosts)
    settings = parse(
        {
            key.removeprefix("aiswarm:"): json.dumps(value)
            for key, value in config.items()
            if key.startswith("aiswarm:")
        }
    )

    assert str(settings.nodes.thanos.address) == "192.0.2.3"
    assert settings.nodes.thanos.ssh.host_key == "ssh-ed25519 AAAA"
    assert config["pulumi:disable-default-providers"] == ["docker"]


def test_opentofu_gets_every_container_on_its_node() -> None:
    resources = configuration(MACHINES, spread_over_nodes(12, PAUSE), PAUSE.reference)["resource"]

    assert len(resources["docker_container"]) == 12
    assert set(resources["docker_network"]) == set(resources["docker_image"]) == set(NODES)
    for name, container in resources["docker_container"].items():
        assert container["provider"] == f"docker.{name.partition('-')[0]}"
        assert container["wait"]


def test_networks_are_outside_those_of_the_swarm() -> None:
    committed = yaml.safe_load((paths.REPO / "Pulumi.lab.yaml").read_text())["config"]
    swarm = {node["subnet"] for node in committed["aiswarm:nodes"].values()}

    assert swarm.isdisjoint(SUBNETS.values())


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({"/a": {"Memory": 2, "Hostname": "y"}}, "/a.Memory: must be alike, got 1 and 2"),
        ({}, "/a.Memory: must be alike, got 1 and None"),
        ({"/a": {"Memory": 1, "Init": True}}, "/a.Init: must be alike, got None and True"),
    ],
)
def test_a_setting_that_differs_is_named(other: dict[str, dict[str, object]], problem: str) -> None:
    assert problem in differences({"/a": {"Memory": 1, "Hostname": "x"}}, other)


def test_names_that_docker_invents_do_not_count() -> None:
    assert differences({"/a": {"Memory": 1, "Hostname": "x"}}, {"/a": {"Memory": 1, "Hostname": "y"}}) == []


def test_the_machine_is_described() -> None:
    assert memory_gib("MemTotal:       25165824 kB\nMemFree: 1 kB\n") == 24
    assert processor("model name\t: Fast Chip 9\n") == "Fast Chip 9"
    assert processor("") != ""


def test_the_network_of_the_tests_is_never_the_one_that_is_removed() -> None:
    program = own_network((PROBE / "__main__.py").read_text())

    assert NETWORK != TESTS_NETWORK
    assert f'name="{NETWORK}",\n        ipam_configs=' in program
    assert f'name="{TESTS_NETWORK}",\n        ipam_configs=' not in program


def test_a_program_whose_network_is_not_found_is_refused() -> None:
    with pytest.raises(ValueError, match="must name its network probe once"):
        own_network("nothing")
