"""Bring the lab's containers to the state they should be in: network, registry and nodes."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from lab import docker, paths
from lab.nodes import access, emulation, images, model
from lab.nodes.model import LABEL, NETWORK_NAME, PLANS, REGISTRY_CONTAINER, Action, LabNode, NodePlan
from lab.process import StepError
from lab.steps import Steps

_NOBODY = (65534, 65534)
_REGISTRY_SECONDS = 30
_PROBE_SECONDS = 180
_NO_PERMISSION = ("operation not permitted", "permission denied", "not allowed")


def _inspect(kind: str, name: str) -> Mapping[str, Any] | None:
    """What the daemon knows of one object; None where there is none of that name."""
    try:
        found = json.loads(docker.docker(kind, "inspect", name))
    except StepError as error:
        if "No such" in str(error) or "not found" in str(error):
            return None
        raise
    return dict(found[0])


def check_free() -> None:
    """Make sure that names, network and port are the lab's own or nobody's, before anything is made.

    Raises:
        StepError: Something else has one of them; all of them are named.
    """
    if problems := obstacles():
        raise StepError("\n".join(problems), hint=model.IN_THE_WAY)


def obstacles() -> list[str]:
    """What on this machine has a name, the network or the port of the lab; only a daemon knows names."""
    names = model.names() if docker.answers() else ()
    found = {(kind, name): it for kind, name in names if (it := _inspect(kind, name)) is not None}
    routes = Path("/proc/net/route").read_text()
    return model.conflicts(found, routes, taken=[each for each in model.PORTS if _listens(each)])


def _listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def ensure_network() -> Action:
    """Have the lab's network, whose addresses the machine and the nodes reach alike."""
    if _inspect("network", NETWORK_NAME) is not None:
        return Action.NOTHING
    docker.docker(
        "network", "create", f"--label={LABEL}=network",
        f"--subnet={model.NETWORK}", f"--gateway={model.GATEWAY}",
        f"--opt=com.docker.network.bridge.name={NETWORK_NAME}", NETWORK_NAME,
    )  # fmt: skip
    return Action.CREATE


def ensure_container(name: str, arguments: Sequence[str], files: Mapping[str, bytes]) -> Action:
    """Have a container of the lab running on this machine with these arguments and files."""
    wanted = model.fingerprint(arguments, files)
    action = model.decide(_inspect("container", name), wanted)
    if action is Action.RECREATE:
        docker.docker("stop", name)  # and not killed: databases on the node keep their volumes
        docker.docker("rm", name)
    if action in {Action.CREATE, Action.RECREATE}:
        docker.docker("create", f"--label={model.FINGERPRINT}={wanted}", *arguments)
    if action is not Action.NOTHING:
        docker.docker("start", name)
    return action


def ensure_registry(steps: Steps) -> None:
    """Have the registry running and answering; its images lie in the cache and survive the lab.

    Raises:
        StepError: Names or addresses are taken, or it does not answer.
    """
    check_free()
    image = images.ensure_registry(steps)
    with steps.step("registry") as step:
        ensure_network()
        data = paths.cache_dir() / "registry"
        data.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(data, *_NOBODY)
        owner = data.stat()
        arguments = model.registry_arguments(image=image, data=data, user=f"{owner.st_uid}:{owner.st_gid}")
        step.note = ensure_container(REGISTRY_CONTAINER, arguments, {})
        _await_registry()


def _await_registry() -> None:
    deadline = time.monotonic() + _REGISTRY_SECONDS
    while True:
        try:
            httpx.get(f"http://{model.PUSH_REGISTRY}/v2/", trust_env=False, timeout=5).raise_for_status()
            return
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                raise StepError(
                    f"registry: must answer on {model.PUSH_REGISTRY}, got {error}",
                    hint=f"docker logs {REGISTRY_CONTAINER}",
                ) from error
        time.sleep(0.1)


def _host_flags(image: str) -> Mapping[str, tuple[str, ...]]:
    """The flags of each node: those that it has, else those of the others, else what this machine allows.

    A node that runs proves its flags. Trying again could only make it anew over a busy daemon.
    """
    found = {plan.name: _inspect("container", plan.container) for plan in PLANS}
    granted = {name: bool(it["HostConfig"]["Privileged"]) for name, it in found.items() if it is not None}
    others = next(iter(granted.values())) if granted else _may_be_privileged(image)
    version = docker.docker("info", "--format={{.CgroupVersion}}")
    return {
        plan.name: model.host_flags(privileged=granted.get(plan.name, others), cgroup_version=version)
        for plan in PLANS
    }


def _may_be_privileged(image: str) -> bool:
    """Try it; the kernel, the machine's own limits and the daemon all have a say.

    Raises:
        StepError: It failed for another reason than missing permission, which says nothing of the machine.
    """
    probe = ("run", "--rm", "--privileged", "--network=none", "--entrypoint=true", image)
    try:
        docker.docker(*probe, timeout_seconds=_PROBE_SECONDS)
    except StepError as error:
        if any(reason in str(error).lower() for reason in _NO_PERMISSION):
            return False
        error.hint = "docker info; then make up"
        raise
    return True


def _ensure_node(plan: NodePlan, image: str, flags: Sequence[str]) -> str:
    folder = access.node_files(plan)
    (folder / "daemon.json").write_text(model.daemon_json(plan.address))
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    for volume in plan.volumes:
        if _inspect("volume", volume) is None:
            docker.docker("volume", "create", f"--label={LABEL}=node", volume)
    arguments = model.node_arguments(plan, image=image, flags=flags, files=folder)
    action = ensure_container(plan.container, arguments, files)
    if action is not Action.NOTHING:
        access.close_master(plan)
    access.await_docker(plan.name)
    return f"{plan.name} {action}"


def up(steps: Steps) -> tuple[LabNode, ...]:
    """Have the daemon, the registry and three nodes whose Docker answers over ssh; leave alone what is right.

    A node is made anew only when its image, its flags or its files changed; what it had stored stays.

    Raises:
        StepError: Names or addresses are taken by something else, or a part did not come up.
    """
    docker.ensure_daemon(steps)
    check_free()
    image = images.ensure_node(steps)
    ensure_registry(steps)
    with steps.step("nodes") as step:
        access.prepare()
        flags = _host_flags(image)
        with ThreadPoolExecutor(len(PLANS)) as pool:
            notes = list(pool.map(lambda plan: _ensure_node(plan, image, flags[plan.name]), PLANS))
        untouched = all(note.endswith(Action.NOTHING) for note in notes)
        step.note = Action.NOTHING if untouched else ", ".join(notes)
    return tuple(access.lab_node(plan) for plan in PLANS)


def down(steps: Steps) -> None:
    """Remove the lab's containers, network, volumes, keys, agent and emulation; all images stay.

    The Docker daemon stays too, even one that `up` started: others may use it by now.

    Raises:
        StepError: Docker is installed and does not answer, so what it has of the lab cannot be removed.
    """
    with steps.step("lab down") as step:
        if docker.installed() and not docker.answers():
            raise StepError(
                "docker: a daemon must answer on the local socket, or the lab's containers come back with it",
                hint="systemctl start docker (or dockerd), then make down",
            )
        for plan in PLANS:
            access.close_master(plan)
        removed = _remove_objects() if docker.installed() else 0
        access.stop_agent()
        access.forget()
        emulation.remove()
        step.note = f"{removed} objects removed; daemon and images stay"


def remove_registry() -> bool:
    """Remove the registry's container, not what it stored, and tell whether there was one of the lab's."""
    found = _inspect("container", REGISTRY_CONTAINER)
    if found is None or LABEL not in (found["Config"].get("Labels") or {}):
        return False
    docker.docker("stop", REGISTRY_CONTAINER)
    docker.docker("rm", "--force", REGISTRY_CONTAINER)
    return True


def _remove_objects() -> int:
    removed = 0
    listings = (("container", "--all"), ("volume",), ("network",))
    for kind, *options in listings:
        names = docker.docker(kind, "ls", "--quiet", *options, f"--filter=label={LABEL}").split()
        if names:
            force = ["--force", "--volumes"] if kind == "container" else []
            docker.docker(kind, "rm", *force, *names)
        removed += len(names)
    return removed


def stop(node: str) -> None:
    """Shut a node down; its containers get half a minute to end."""
    docker.docker("stop", model.plan_of(node).container)
    access.close_master(model.plan_of(node))


def start(node: str) -> None:
    """Bring a stopped node back and wait until its Docker answers over ssh.

    Raises:
        StepError: It does not answer within a minute.
    """
    docker.docker("start", model.plan_of(node).container)
    access.close_master(model.plan_of(node))
    access.await_docker(node)
