"""What the lab asks of a Docker daemon, and what it leaves alone, with a daemon that only answers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from lab import __main__ as driver
from lab import checks, docker, images, nodes, paths, process
from lab.docker import machine
from lab.images.store import Store
from lab.nodes import access, emulation, hosts, model
from lab.nodes import images as bases
from lab.process import StepError
from lab.steps import Steps

Docker = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("AISWARM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(docker, "answers", lambda: True)


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Docker:
    """Replace the daemon by answers to the beginnings of commands; what it was asked is returned."""

    def answer(**answers: str | StepError) -> list[str]:
        asked: list[str] = []

        def run(*args: str, **_: object) -> str:
            asked.append(" ".join(args))
            said = answers.get("_".join(args[:2]), answers.get(args[0], ""))
            if isinstance(said, StepError):
                raise said
            return said

        monkeypatch.setattr(docker, "docker", run)
        return asked

    return answer


def quiet() -> Steps:
    return Steps(Console(file=io.StringIO()))


def nodes_that_exist(monkeypatch: pytest.MonkeyPatch, **privileged: bool) -> None:
    found = {
        f"aiswarm-lab-{name}": {"HostConfig": {"Privileged": is_so}} for name, is_so in privileged.items()
    }
    monkeypatch.setattr(hosts, "_inspect", lambda _, name: found.get(name))


def test_nodes_that_exist_keep_their_flags_without_a_probe(
    daemon: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = daemon(info="2", run=StepError("docker: timed out"))
    nodes_that_exist(monkeypatch, oracle=True, starlord=False)

    flags = hosts._host_flags("node:1")

    assert [name for name, each in flags.items() if "--privileged" in each] == ["oracle", "thanos"]
    assert asked == ["info --format={{.CgroupVersion}}"]


@pytest.mark.parametrize(
    ("outcome", "privileged"),
    [("", True), (StepError("runc: unable to apply caps: operation not permitted"), False)],
)
def test_new_nodes_get_what_the_machine_allows(
    daemon: Docker, monkeypatch: pytest.MonkeyPatch, outcome: str | StepError, privileged: bool
) -> None:
    daemon(info="2", run=outcome)
    nodes_that_exist(monkeypatch)

    flags = hosts._host_flags("node:1")

    assert {"--privileged" in each for each in flags.values()} == {privileged}


def test_a_probe_that_is_merely_slow_decides_nothing(daemon: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon(info="2", run=StepError("docker: timed out after 180 seconds"))
    nodes_that_exist(monkeypatch)

    with pytest.raises(StepError, match="timed out"):
        hosts._host_flags("node:1")


def test_down_with_a_stopped_daemon_removes_nothing_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(docker, "installed", lambda: True)
    monkeypatch.setattr(docker, "answers", lambda: False)
    paths.state_dir().mkdir()

    with pytest.raises(StepError, match="a daemon must answer") as failed:
        driver.down()

    assert "systemctl start docker" in failed.value.hint
    assert paths.state_dir().exists()


def test_the_registry_is_removed_only_where_it_is_the_labs(
    daemon: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = daemon()
    labels: dict[str, Any] = {"Config": {"Labels": None}}
    monkeypatch.setattr(hosts, "_inspect", lambda *_: labels)
    assert not nodes.remove_registry()
    assert asked == []

    labels["Config"]["Labels"] = {model.LABEL: "registry"}
    assert nodes.remove_registry()
    assert asked == ["stop aiswarm-lab-registry", "rm --force aiswarm-lab-registry"]


def test_the_cache_goes_after_the_registry_and_own_images_that_nobody_uses(
    daemon: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = daemon(
        container_ls="aiswarm/node:1\ndebian:12",
        image_ls="aiswarm/node:1 aiswarm/base:1 127.0.0.1:5000/aiswarm/redis:1 debian:12 aiswarm/x:<none>",
    )
    monkeypatch.setattr(nodes, "remove_registry", lambda: paths.cache_dir().exists())
    paths.cache_dir().mkdir()

    driver.clean_cache(yes=True)

    assert asked[-1] == "image rm aiswarm/base:1 127.0.0.1:5000/aiswarm/redis:1"
    assert not paths.cache_dir().exists()


@pytest.mark.parametrize("native", ["amd64", "arm64"])
def test_emulation_is_ensured_even_when_the_registry_has_every_image(
    monkeypatch: pytest.MonkeyPatch, native: str
) -> None:
    ensured: list[str] = []
    monkeypatch.setattr(bases, "native_arch", lambda: native)
    monkeypatch.setattr(emulation, "ensure", lambda _, arch: ensured.append(arch))
    monkeypatch.setattr(Store, "digest", lambda *_: f"sha256:{'0' * 64}")

    found = images.ensure_arm64(quiet(), ("redis",))

    assert ensured == [{"amd64": "arm64", "arm64": "amd64"}[native]]
    assert found["redis"].platforms == ("linux/amd64", "linux/arm64")


def test_a_proxys_password_is_in_no_command_line_of_a_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(machine, "proxy_variables", lambda: {"https_proxy": "http://user:hush@proxy.example"})
    monkeypatch.setattr(docker, "client", lambda: "docker")
    monkeypatch.setattr(docker, "_write_secrets", lambda _: {})
    monkeypatch.setattr(process, "logged", lambda argv, **_: commands.append(list(map(str, argv))))

    docker.build_image(tmp_path, "thing:1", build_args={"BASE": "base:1"}, log="thing")

    [command] = commands
    assert {"--build-arg=https_proxy", "--build-arg=BASE=base:1"} <= set(command)
    assert "hush" not in " ".join(command)


def test_a_failed_push_says_what_to_do(daemon: Docker) -> None:
    daemon(push=StepError("docker push ended with status 1"))

    with pytest.raises(StepError) as failed:
        images._push("127.0.0.1:5000/aiswarm/redis:1")

    assert "df -h" in failed.value.hint
    assert failed.value.cause


def test_the_nodes_have_the_memory_that_the_stack_counts_with() -> None:
    configured = yaml.safe_load((paths.REPO / "Pulumi.lab.yaml").read_text())["config"]["aiswarm:nodes"]

    assert {plan.name: (plan.memory_mib, plan.address) for plan in model.PLANS} == {
        name: (node["memory_mib"], node["address"]) for name, node in configured.items()
    }


def test_checks_read_every_script_but_templates() -> None:
    found = {str(script) for script in checks.scripts()}

    assert {"swarm", "lab/bootstrap.sh", "components/deploy/deliver.sh"} <= found
    assert not any("templates" in script or script.startswith(".") for script in found)
    assert all((paths.REPO / script).is_file() for script in found)


@pytest.mark.parametrize("own_policy", [True, False])
def test_packages_for_tests_start_no_service(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_policy: bool
) -> None:
    policy = tmp_path / "policy-rc.d"
    if own_policy:
        policy.write_text("the machine's own")
    during: list[str] = []
    monkeypatch.setattr(machine, "_POLICY", policy)
    monkeypatch.setattr(machine, "install", lambda *_: during.append(policy.read_text()))

    machine.install_idle("iproute2")

    assert during == ["the machine's own" if own_policy else "#!/bin/sh\nexit 101\n"]
    assert policy.exists() is own_policy


def test_a_mistake_in_the_settings_is_a_message_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(driver, "app", full)

    with pytest.raises(SystemExit) as ended:
        driver.main()

    assert ended.value.code == 1
    assert "No space left on device" in capsys.readouterr().out


def test_an_agent_is_not_started_where_the_lab_has_no_key() -> None:
    nodes.ensure_agent()

    assert not access.agent_socket().exists()
