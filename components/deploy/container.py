"""From a spec to the inputs of a container: every rule that keeps it hardened and the second `up` quiet.

The docker provider compares what it was given with what the engine prints back, text by text. So each value
here is written as the engine prints it; where it is not, every run updates or replaces the container.
"""

from __future__ import annotations

from operator import itemgetter

import pulumi
import pulumi_docker as docker

from components.deploy.place import Place
from components.model.naming import LABEL_PREFIX, bootstrap_folder, host_folder, labels
from components.model.parts import Health
from components.model.secrets import SECRETS_PATH, VERSION_FILE, SecretChange
from components.model.specs import ServiceSpec
from components.model.vault import agent_folder

REPLACE_ON_CHANGES = [
    # The provider accepts an edit of these as an update and sends nothing to the engine
    # (kreuzwerker/terraform-provider-docker issue 988 and `resourceDockerContainerUpdate`).
    "cpuPeriod",
    "cpuQuota",
    "healthcheck",
    "init",
    "mounts",
    "tmpfs",
    # A container that did not become healthy in time: without this the next run is an empty update, which
    # succeeds without waiting again (Pulumi engine, `applyReplaceOnChanges`).
    "#initerror",
]

_AWAIT_SECRETS = f'until [ -s {SECRETS_PATH}/{VERSION_FILE} ]; do sleep 0.2; done; exec "$@"'

_LOG_OPTS = {"max-file": "3", "max-size": "10m"}
"""Every key that matters: Docker adds those left out from its own configuration to its answer."""


def go_duration(seconds: int) -> str:
    """Whole seconds as Go prints a duration: `30s`, `1m30s`, `1h0m0s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def container_inputs(
    spec: ServiceSpec, place: Place, *, volumes: dict[str, pulumi.Output[str]], awaited: bool
) -> docker.ContainerArgs:
    """Inputs of the service's container.

    Left alone on purpose: `uploads` (refused on a read-only root), `network_mode` and the host's namespaces.

    Args:
        volumes: Docker's name of each data volume by its name in the spec.
        awaited: Whether another service of the node starts only when this one is healthy.
    """
    inputs = docker.ContainerArgs(
        name=spec.full_name,
        image=spec.image.reference,
        # The provider takes an image that is on the host by its reference alone, whatever its architecture;
        # with this Docker itself refuses the wrong one.
        platform=f"linux/{place.node.arch}",
        entrypoints=_entrypoint(spec) or None,
        command=_command(spec) or None,
        envs=[f"{name}={value}" for name, value in sorted(spec.env.items())],
        labels=[
            docker.ContainerLabelArgs(label=label, value=value)
            for label, value in sorted(_labels(spec, place).items(), key=itemgetter(0))
        ],
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=place.network, aliases=[spec.name])],
        ports=_ports(spec, str(place.node.address)),
        volumes=_mounts(spec, place, volumes),
        tmpfs={scratch.path: f"mode=1777,size={scratch.size_mib}m" for scratch in spec.scratch} or None,
        log_driver="json-file",
        log_opts=_LOG_OPTS,
    )
    _harden(inputs, spec)
    _limit(inputs, spec)
    _keep_running(inputs, spec, awaited=awaited)
    return inputs


def _harden(inputs: docker.ContainerArgs, spec: ServiceSpec) -> None:
    inputs.user = spec.image.user
    inputs.read_only = not spec.writable_root_reason
    inputs.security_opts = ["no-new-privileges:true"]
    inputs.init = True
    inputs.capabilities = docker.ContainerCapabilitiesArgs(
        drops=["ALL"], adds=sorted(capability.name for capability in spec.added_capabilities)
    )


def _limit(inputs: docker.ContainerArgs, spec: ServiceSpec) -> None:
    inputs.memory = spec.limits.memory_mib
    # Without it Docker allows twice the memory and says so, which the provider takes for a change.
    inputs.memory_swap = spec.limits.memory_mib
    inputs.cpus = spec.limits.cpus
    inputs.shm_size = spec.limits.shm_mib
    if spec.gpu:
        inputs.gpus = "all"


def _keep_running(inputs: docker.ContainerArgs, spec: ServiceSpec, *, awaited: bool) -> None:
    inputs.restart = "unless-stopped"
    inputs.must_run = True
    inputs.healthcheck = _healthcheck(spec.health)
    inputs.wait = awaited
    if awaited:
        inputs.wait_timeout = spec.start_timeout_seconds
    # The provider's own grace, on replacement and removal: without it, SIGKILL at once.
    inputs.destroy_grace_seconds = spec.stop_grace_seconds
    # Docker's grace, when the machine goes down or an operator stops the container.
    inputs.stop_timeout = spec.stop_grace_seconds


def _healthcheck(health: Health) -> docker.ContainerHealthcheckArgs:
    """The check, or its absence said aloud: an image may bring its own, and a removed one would stay."""
    if health.test == ("NONE",):
        return docker.ContainerHealthcheckArgs(tests=["NONE"])
    return docker.ContainerHealthcheckArgs(
        tests=list(health.test),
        interval=go_duration(health.interval_seconds),
        timeout=go_duration(health.timeout_seconds),
        start_period=go_duration(health.start_period_seconds),
        retries=health.retries,
    )


def _entrypoint(spec: ServiceSpec) -> list[str]:
    """The program, or a wait before it: after a reboot it is started before the agent has its secrets."""
    return ["/bin/sh", "-c", _AWAIT_SECRETS, "await-secrets"] if spec.rendered else list(spec.entrypoint)


def _command(spec: ServiceSpec) -> list[str]:
    return [*spec.entrypoint, *spec.command] if spec.rendered else list(spec.command)


def _labels(spec: ServiceSpec, place: Place) -> dict[str, pulumi.Input[str]]:
    """Static labels, and what changes with anything that the program reads only when it starts."""
    result: dict[str, pulumi.Input[str]] = {**labels(node=spec.node, service=spec.name, stack=place.stack)}
    if spec.secrets and spec.on_secret_change is SecretChange.REPLACE:
        result[f"{LABEL_PREFIX}.secrets"] = place.secrets.version(spec)
    if spec.configuration is not None and spec.configuration.reload is None:
        result[f"{LABEL_PREFIX}.configuration"] = spec.configuration.digest
    if spec.image.stand_in:
        result[f"{LABEL_PREFIX}.stand-in"] = "true"
    return result


def _ports(spec: ServiceSpec, address: str) -> list[docker.ContainerPortArgs]:
    """Published ports in the order in which they are read back, on the node's tailnet address only."""
    published = sorted((port for port in spec.ports if port.published), key=lambda port: port.container)
    return [
        docker.ContainerPortArgs(internal=port.container, external=port.published, ip=address, protocol="tcp")
        for port in published
    ]


def _mounts(
    spec: ServiceSpec, place: Place, volumes: dict[str, pulumi.Output[str]]
) -> list[docker.ContainerVolumeArgs]:
    """Delivered and rendered files read-only; data volumes writable, and to an agent what it renders.

    `volumes` and not `mounts`: the latter cannot be edited and asks old engines for what they cannot do.
    """
    folder = host_folder(spec.name)
    mounts = [
        docker.ContainerVolumeArgs(container_path=volume.path, volume_name=volumes[volume.name])
        for volume in spec.volumes
    ]
    mounts += [
        docker.ContainerVolumeArgs(container_path=agent_folder(name), volume_name=place.secret_volumes[name])
        for name in spec.renders_for
    ]
    if spec.configuration is not None:
        mounts.append(_read_only(f"{folder}/config", spec.configuration.folder))
    if spec.bootstrap is not None:
        mounts.append(_read_only(bootstrap_folder(spec.name), spec.bootstrap.folder))
    if spec.rendered:
        mounts.append(
            docker.ContainerVolumeArgs(
                container_path=SECRETS_PATH, volume_name=place.secret_volumes[spec.name], read_only=True
            )
        )
    elif spec.secrets:
        mounts.append(_read_only(f"{folder}/secrets", SECRETS_PATH))
    return mounts + [_read_only(mount.source, mount.target) for mount in spec.host_mounts]


def _read_only(host_path: str, container_path: str) -> docker.ContainerVolumeArgs:
    return docker.ContainerVolumeArgs(host_path=host_path, container_path=container_path, read_only=True)
