"""The lab's hosts: what is decided before a daemon is asked, and what builds learn of this machine."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from lab import docker, paths
from lab.docker import machine
from lab.nodes import access, emulation, images, model
from lab.nodes.model import Action
from lab.process import StepError

ORACLE = model.plan_of("oracle")
needs_ssh = pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="no OpenSSH client")
NO_ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(access, "user_ssh_folder", lambda: tmp_path / "home" / ".ssh")
    (tmp_path / "home").mkdir()
    return tmp_path


def route(interface: str, destination: str, mask: str) -> str:
    return f"{interface}\t{destination}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0\n"


def test_a_node_trusts_the_registry_and_keeps_clear_of_the_swarm_network() -> None:
    settings = json.loads(model.daemon_json("198.18.0.11"))

    assert settings["insecure-registries"] == ["198.18.0.10:5000"]
    assert settings["ip"] == "198.18.0.11"
    assert not settings["bip"].startswith("172.20.")
    assert not settings["default-address-pools"][0]["base"].startswith("172.20.")


@pytest.mark.parametrize(("version", "namespace"), [("1", "host"), ("2", "private")])
@pytest.mark.parametrize("privileged", [True, False])
def test_host_flags_follow_what_the_machine_allows(version: str, namespace: str, privileged: bool) -> None:
    flags = model.host_flags(privileged=privileged, cgroup_version=version)

    assert f"--cgroupns={namespace}" in flags
    assert ("--privileged" in flags) is privileged
    assert ("--cap-drop=SYS_RESOURCE" in flags) is not privileged


def test_the_three_nodes_are_capped_and_leave_room_for_the_machine() -> None:
    files = Path("files")
    arguments = {
        plan.name: model.node_arguments(plan, image="node:1", flags=("--privileged",), files=files)
        for plan in model.PLANS
    }

    assert set(arguments) == {"oracle", "starlord", "thanos"}
    assert {"--memory=9216m", "--memory-swap=9216m", "--ip=198.18.0.11"} <= set(arguments["oracle"])
    assert {"--memory=5120m", "--memory-swap=5120m", "--ip=198.18.0.13"} <= set(arguments["thanos"])
    assert all(lines[-1] == "node:1" and "--privileged" in lines for lines in arguments.values())
    assert all("--volume=files:/etc/lab:ro" in lines for lines in arguments.values())


def test_the_registry_is_hardened_and_published_for_this_machine_only() -> None:
    arguments = model.registry_arguments(image="registry:1", data=Path("data"), user="65534:65534")

    assert {"--read-only", "--cap-drop=ALL", "--user=65534:65534"} <= set(arguments)
    assert [line for line in arguments if line.startswith("--publish")] == ["--publish=127.0.0.1:5000:5000"]


def container(fingerprint: str, *, running: bool) -> dict[str, Any]:
    return {"Config": {"Labels": {model.FINGERPRINT: fingerprint}}, "State": {"Running": running}}


@pytest.mark.parametrize(
    ("inspected", "action"),
    [
        (None, Action.CREATE),
        (container("wanted", running=True), Action.NOTHING),
        (container("wanted", running=False), Action.START),
        (container("older", running=True), Action.RECREATE),
        ({"Config": {"Labels": None}, "State": {"Running": True}}, Action.RECREATE),
    ],
)
def test_a_container_is_touched_only_as_far_as_needed(
    inspected: dict[str, Any] | None, action: Action
) -> None:
    assert model.decide(inspected, "wanted") is action


def test_a_changed_flag_image_or_file_makes_another_container() -> None:
    first = model.fingerprint(("--memory=1m", "node:1"), {"daemon.json": b"{}"})

    assert model.fingerprint(("--memory=1m", "node:1"), {"daemon.json": b"{}"}) == first
    assert model.fingerprint(("--memory=2m", "node:1"), {"daemon.json": b"{}"}) != first
    assert model.fingerprint(("--memory=1m", "node:1"), {"daemon.json": b"{ }"}) != first


def test_an_untouched_machine_and_the_lab_itself_are_no_conflict() -> None:
    own: dict[tuple[str, str], dict[str, Any]] = {
        ("container", model.REGISTRY_CONTAINER): {"Config": {"Labels": {model.LABEL: "registry"}}},
        ("network", model.NETWORK_NAME): {"Labels": {model.LABEL: "network"}},
    }
    routes = NO_ROUTES + route("eth0", "00000000", "00000000") + route("aiswarm-lab", "000012C6", "00FFFFFF")

    assert model.conflicts({}, NO_ROUTES, taken=()) == []
    assert model.conflicts(own, routes, taken=(model.PUSH_REGISTRY,)) == []


def test_everything_in_the_way_is_named_at_once() -> None:
    foreign: dict[tuple[str, str], dict[str, Any]] = {
        ("container", "aiswarm-lab-oracle"): {"Config": {"Labels": {}}}
    }

    problems = model.conflicts(foreign, NO_ROUTES + route("wg0", "000012C6", "0000FFFF"), taken=model.PORTS)

    assert problems == [
        "container aiswarm-lab-oracle: must be the lab's or not there, got one without the label aiswarm.lab",
        "network 198.18.0.0/24: must be free, got a route to 198.18.0.0/16 on wg0",
        "port 127.0.0.1:5000: must be free for the lab's registry, got something that listens",
        "port 127.0.0.1:5001: must be free for the lab's stand-in for Railway, got something that listens",
    ]


def test_an_unknown_node_is_refused_with_the_known_names() -> None:
    with pytest.raises(KeyError, match="oracle, starlord, thanos, got hulk"):
        model.plan_of("hulk")


@needs_ssh
def test_keys_stay_the_same_until_they_are_forgotten(state: Path) -> None:
    access.prepare((ORACLE,))
    first = access.lab_node(ORACLE)
    access.prepare((ORACLE,))
    try:
        assert access.lab_node(ORACLE) == first
        assert first.host_key.startswith("ssh-ed25519 AAAA")
        assert stat.S_IMODE((state / "home" / ".ssh").stat().st_mode) == 0o700
        assert access.ssh_environment() == {"SSH_AUTH_SOCK": str(access.agent_socket())}
        assert access.agent_socket().exists()
    finally:
        access.stop_agent()
        access.forget()
    assert not (state / "home" / ".ssh").exists()
    with pytest.raises(StepError, match="the lab has no host key for it"):
        access.lab_node(ORACLE)


@needs_ssh
@pytest.mark.parametrize("made_by_the_lab", [True, False])
def test_an_ssh_folder_of_the_user_is_left_alone(state: Path, made_by_the_lab: bool) -> None:
    folder = state / "home" / ".ssh"
    if not made_by_the_lab:
        folder.mkdir()
    access.prepare(())
    if made_by_the_lab:
        (folder / "id_own").touch()
    access.stop_agent()
    access.forget()

    assert folder.exists()


def test_a_clients_buildkit_is_judged_by_version_and_plugin() -> None:
    assert docker.has_buildkit("Docker version 20.10.24+dfsg1, build 297e128", buildx=False)
    assert not docker.has_buildkit("Docker version 28.2.2, build e6534b4", buildx=False)
    assert docker.has_buildkit("Docker version 28.2.2, build e6534b4", buildx=True)


def test_image_sources_are_the_machines_debian_mirrors_of_one_release() -> None:
    listing = "\n".join(
        [
            "bookworm deb http://mirror.example/debian/ bookworm main",
            "bookworm deb http://mirror.example/debian/ bookworm main",
            "bookworm-security deb http://mirror.example/security/ bookworm-security main",
            "bookworm-backports deb http://mirror.example/debian/ bookworm-backports main",
            "trixie deb http://mirror.example/debian/ stable main",
        ]
    )

    assert machine.sources_of_release(listing, "bookworm") == [
        "deb http://mirror.example/debian/ bookworm main",
        "deb http://mirror.example/security/ bookworm-security main",
    ]


def test_apt_in_a_build_gets_proxy_and_date_checks_and_its_own_path_of_certificates() -> None:
    dump = "\n".join(
        [
            'Acquire::http::Proxy "http://proxy.example:3128";',
            'Acquire::https::CaInfo "/somewhere/else.crt";',
            'Acquire::Check-Valid-Until "false";',
            'Acquire::Languages:: "none";',
        ]
    )

    assert machine.select_apt_options(dump, Path("/run/secrets/ca")) == (
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::https::CAInfo "/run/secrets/ca";\n'
    )


def test_pip_in_a_build_gets_the_index_and_no_path_of_this_machine() -> None:
    listing = "\n".join(
        [
            ":env:.index-url='https://chosen.example/simple'",
            ":env:.find-links='/srv/wheels'",
            "global.cert='/etc/ssl/own.crt'",
            "global.index-url='https://overruled.example/simple'",
        ]
    )

    assert machine.select_pip_config(listing).splitlines() == [
        "[global]",
        "cert = /run/secrets/ca",
        "index-url = https://chosen.example/simple",
    ]


def test_npm_in_a_build_gets_what_npm_has_a_value_for() -> None:
    listing = "registry=https://npm.example/\nproxy=null\nnoproxy="

    assert machine.select_npm_config(listing).splitlines() == [
        "cafile=/run/secrets/ca",
        "registry=https://npm.example/",
    ]


def test_only_proxy_variables_reach_a_build(tmp_path: Path) -> None:
    (bundle := tmp_path / "own.crt").touch()
    environment = {
        "https_proxy": "http://proxy.example",
        "NO_PROXY": "localhost",
        "HOME": "x",
        "http_proxy": "",
    }

    assert machine.proxy_variables(environment) == {
        "NO_PROXY": "localhost",
        "https_proxy": "http://proxy.example",
    }
    assert machine.ca_bundle({"SSL_CERT_FILE": str(bundle)}) == bundle
    assert machine.ca_bundle({"SSL_CERT_FILE": str(tmp_path / "missing")}) is None


def test_the_base_is_named_by_its_recipe_and_architecture() -> None:
    assert images.base_tag("amd64").startswith("aiswarm/base:amd64-")
    assert images.base_tag("arm64").startswith("aiswarm/base:arm64-")
    assert images.base_tag("amd64") == images.base_tag("amd64")


def test_image_recipes_ship_and_name_no_host() -> None:
    recipes = paths.REPO / "lab" / "images"
    files = [file for name in ("base", "node", "registry") for file in (recipes / name).iterdir()]

    assert {"Dockerfile", "node-init", "sshd_config", "config.yml", "policy-rc.d"} <= {
        file.name for file in files
    }
    assert os.access(recipes / "node" / "node-init", os.X_OK)
    assert not any("://" in file.read_text() for file in files)


def test_emulation_takes_back_only_what_it_remembers(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = tmp_path / "binfmt"
    kernel.mkdir()
    (kernel / "qemu-aarch64").write_text("enabled")
    (kernel / "qemu-riscv64").write_text("enabled")
    monkeypatch.setattr(emulation, "_BINFMT", kernel)
    (state / "state").mkdir()
    (state / "state" / "emulation.json").write_text('["qemu-aarch64"]')

    assert emulation.remove() == ["qemu-aarch64"]
    assert (kernel / "qemu-aarch64").read_text() == "-1"
    assert (kernel / "qemu-riscv64").read_text() == "enabled"
    assert emulation.remove() == []


def test_names_and_addresses_of_the_nodes_are_unique() -> None:
    others = {model.REGISTRY_ADDRESS, model.RAILWAY_ADDRESS, model.GATEWAY}
    taken = {plan.address for plan in model.PLANS} | others

    assert len(taken) == len(model.PLANS) + 3
    assert len(set(model.names())) == len(model.names())
