"""Services from configuration, through the swarm's own components, in networks of their own.

Tests and benchmarks say in `probe:services` what runs where; `probe:container` alters the inputs of every
container behind the factory's back, for edits that no spec can express. `probe:hosts` prepares machines.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_docker as docker

from components.config.load import load
from components.config.settings import NodeSettings
from components.deploy.host import HostPreparation
from components.deploy.place import Place
from components.deploy.providers import docker_providers
from components.deploy.secrets import Secrets
from components.deploy.service import Service
from components.model.files import ConfigFile, Configuration, Reload
from components.model.host import HostFile, HostFolder, HostSpec, HostUnit, KernelSetting
from components.model.images import Image
from components.model.mounts import DataVolume, Scratch
from components.model.parts import Health, Limits, Port
from components.model.secrets import SecretChange, SecretFile, SecretRef, SecretsFrom
from components.model.specs import ServiceSpec

SUBNETS = {"oracle": "172.20.101.0/24", "starlord": "172.20.102.0/24", "thanos": "172.20.103.0/24"}


def spec(item: dict[str, Any]) -> ServiceSpec:
    """A service as the configuration describes it; what is left out is as small as can be."""
    files = tuple(ConfigFile(name=name, text=text) for name, text in item.get("files", {}).items())
    reload = Reload(check=tuple(item["reload_check"]), signal="HUP") if "reload_check" in item else None
    return ServiceSpec(
        node=item["node"],
        name=item["name"],
        image=Image(
            name="probe",
            reference=item["image"],
            platforms=tuple(item["platforms"]),
            user=item.get("user", "1000:1000"),
        ),
        limits=Limits(memory_mib=item.get("memory_mib", 16), cpus=item.get("cpus", "0.5")),
        health=Health(test=tuple(item["health"]), interval_seconds=item.get("interval_seconds", 1)),
        command=tuple(item.get("command", ())),
        env=item.get("env", {}),
        ports=tuple(Port(**port) for port in item.get("ports", ())),
        configuration=Configuration(folder="/etc/probe", files=files, reload=reload) if files else None,
        secrets=tuple(
            SecretFile(name=name, parts=(SecretRef(name=f"probe-{name}"),))
            for name in item.get("secrets", ())
        ),
        # There is no Vault server here that an agent could ask.
        secrets_from=SecretsFrom.HOST,
        on_secret_change=SecretChange.NOTICE,
        volumes=tuple(DataVolume(**volume) for volume in item.get("volumes", ())),
        scratch=tuple(Scratch(path=path, size_mib=size) for path, size in item.get("scratch", {}).items()),
        after=tuple(item.get("after", ())),
        stop_grace_seconds=item.get("stop_grace_seconds", 1),
        start_timeout_seconds=item.get("start_timeout_seconds", 30),
    )


def alter(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Change a container's inputs as `probe:container` says."""
    if args.type_ != "docker:index/container:Container":
        return None
    return pulumi.ResourceTransformResult({**args.props, **CHANGES}, args.opts)


def deploy(node: str, machine: NodeSettings, specs: list[ServiceSpec], secrets: Secrets) -> None:
    """Make the services of one node."""
    made: dict[str, Service] = {}
    opts = pulumi.ResourceOptions(provider=PROVIDERS[node])
    subnet = IPv4Network(SUBNETS[node])
    network = docker.Network(
        f"{node}-probe",
        name="probe",
        ipam_configs=[docker.NetworkIpamConfigArgs(subnet=str(subnet), gateway=str(next(subnet.hosts())))],
        opts=opts,
    )
    place = Place(
        node=machine, network=network.name, secrets=secrets, secret_volumes={}, stack=pulumi.get_stack()
    )
    awaited = {name for item in specs for name in item.after}
    for item in specs:
        made[item.name] = Service(
            item,
            place,
            after=[made[name].container for name in item.after],
            awaited=item.name in awaited,
            opts=pulumi.ResourceOptions(provider=PROVIDERS[node], transforms=[alter] if CHANGES else None),
        )


def host(node: str, item: dict[str, Any]) -> HostSpec:
    """A machine's preparation as the configuration describes it."""
    return HostSpec(
        node=node,
        folders=tuple(HostFolder(path=path, mode=mode) for path, mode in item.get("folders", {}).items()),
        files=tuple(HostFile(**file) for file in item.get("files", ())),
        kernel=tuple(
            KernelSetting(name=name, value=value, reason="a test wants it")
            for name, value in item.get("kernel", {}).items()
        ),
        units=tuple(HostUnit(**unit) for unit in item.get("units", ())),
    )


SETTINGS = load()
CHANGES = pulumi.Config("probe").get_object("container") or {}
HOSTS = pulumi.Config("probe").get_object("hosts") or {}
PROVIDERS = docker_providers(SETTINGS)
SPECS = [spec(item) for item in pulumi.Config("probe").require_object("services")]
SECRETS = Secrets("secret", [ref for item in SPECS for ref in item.all_references], SETTINGS.epochs)
for NAME, MACHINE in SETTINGS.nodes.by_name().items():
    if NAME in HOSTS:
        HostPreparation(host(NAME, HOSTS[NAME]), MACHINE, pulumi.get_stack())
    if HERE := [item for item in SPECS if item.node == NAME]:
        deploy(NAME, MACHINE, HERE, SECRETS)
