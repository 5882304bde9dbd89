"""One machine: its Docker network and its services, in the order in which they start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.config.settings import NodeSettings
from components.deploy.host import HostPreparation
from components.deploy.place import Place
from components.deploy.secrets import Secrets
from components.deploy.service import Service
from components.deploy.vault import SwarmSecrets, VaultServer
from components.model.checks import check_order
from components.model.host import HostSpec
from components.model.naming import AGENT, NETWORK, labels, volume_name
from components.model.problems import SpecError
from components.model.specs import ServiceSpec
from components.model.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeArgs:
    """What a node is made of."""

    machine: NodeSettings
    services: tuple[ServiceSpec, ...]
    host: HostSpec
    secrets: Secrets
    stack: str

    @property
    def facts(self) -> dict[str, object]:
        """What policies judge the node by: the same before and after an update."""
        return machine_facts(self.machine) | shown_routes(self.services)


def machine_facts(machine: NodeSettings) -> dict[str, object]:
    """What policies judge a node by, as they see it in the stack and in its state."""
    return {
        "address": str(machine.address),
        "arch": machine.arch,
        "memory_mib": machine.memory_mib,
        "reserved_mib": machine.reserved_mib,
        "gpus": [{"name": card.name, "memory_mib": card.memory_mib} for card in machine.gpus],
    }


def shown_routes(services: tuple[ServiceSpec, ...]) -> dict[str, object]:
    """The gateway's cascade, where it is among the services, as policies judge it."""
    routes = [route for spec in services for route in spec.routes]
    shown = [{"name": route.name, "order": route.order, "kind": str(route.kind)} for route in routes]
    return {"routes": shown} if shown else {}


class SwarmNode(pulumi.ComponentResource):
    """What the three machines have in common. The node's docker provider comes with `opts`."""

    vault: SwarmSecrets
    """What the services' secrets come from."""

    address: str
    """Address in the tailnet."""

    services: Mapping[str, Service]
    """The services by their short names."""

    def __init__(
        self,
        token: str,
        name: str,
        args: NodeArgs,
        *,
        vault: SwarmSecrets | Vault,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(token, name, args.facts, opts)
        place = Place(
            node=args.machine,
            network=self._network(name, args).name,
            secrets=args.secrets,
            secret_volumes=self._secret_volumes(args),
            stack=args.stack,
        )
        self.address = str(args.machine.address)
        self.vault = vault if isinstance(vault, SwarmSecrets) else self._serve(vault, args, place)
        self.services = self._services(name, args.services, place)
        self.register_outputs({"services": list(self.services), **args.facts})

    def _network(self, name: str, args: NodeArgs) -> docker.Network:
        """Make the node's network; the gateway is given because Docker 29 answers with one that was not.

        It comes after the machine's preparation, and so does every container, which is in it.
        """
        host = HostPreparation(args.host, args.machine, args.stack, pulumi.ResourceOptions(parent=self))
        return docker.Network(
            f"{name}-network",
            name=NETWORK,
            driver="bridge",
            ipam_configs=[
                docker.NetworkIpamConfigArgs(
                    subnet=str(args.machine.subnet), gateway=str(next(args.machine.subnet.hosts()))
                )
            ],
            labels=[
                docker.NetworkLabelArgs(label=label, value=value)
                for label, value in sorted(labels(node=name, stack=args.stack).items())
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[host.prepared]),
        )

    def _secret_volumes(self, args: NodeArgs) -> dict[str, pulumi.Output[str]]:
        """Make a volume in memory for each service's secret files: written by the agent, read by the service.

        The folder's setgid bit makes every file belong to the service's own group, which the agent, not being
        root, could not do. What lies there is gone when nobody uses the volume any more, and rendered anew.
        """
        volumes: dict[str, pulumi.Output[str]] = {}
        agents = [spec for spec in args.services if spec.renders_for]
        for spec in args.services:
            if not spec.rendered:
                continue
            owner = agents[0].image.user.partition(":")[0]
            group = spec.image.user.partition(":")[2]
            name = volume_name(spec.node, spec.name, "secrets")
            volumes[spec.name] = docker.Volume(
                name,
                name=name,
                driver="local",
                driver_opts={
                    "type": "tmpfs",
                    "device": "tmpfs",
                    "o": f"size=1m,uid={owner},gid={group},mode=2750,nosuid,nodev,noexec",
                },
                labels=[
                    docker.VolumeLabelArgs(label=label, value=value)
                    for label, value in sorted(
                        labels(node=spec.node, service=spec.name, stack=args.stack).items()
                    )
                ],
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            ).name
        return volumes

    def _serve(self, content: Vault, args: NodeArgs, place: Place) -> SwarmSecrets:
        """Start the server on this node and declare what it holds."""
        (spec,) = (spec for spec in args.services if spec.bootstrap)
        server = VaultServer(spec, place, pulumi.ResourceOptions(parent=self))
        return SwarmSecrets(
            "vault", content, args.secrets, server=server, opts=pulumi.ResourceOptions(parent=self)
        )

    def _services(self, node: str, specs: tuple[ServiceSpec, ...], place: Place) -> dict[str, Service]:
        for problem in check_order(specs):
            raise SpecError(problem)
        awaited = {name for spec in specs for name in spec.after}
        made: dict[str, Service] = {}
        for spec in (spec for spec in specs if not spec.bootstrap):
            after = [resource for name in spec.after for resource in made[name].settled]
            rendered_by = (
                [made[AGENT].container, self.vault.entries[node][spec.name]] if spec.rendered else []
            )
            made[spec.name] = Service(
                spec,
                place,
                after=[*after, *(self.vault.access[node] if spec.renders_for else [])],
                files_after=rendered_by,
                awaited=spec.name in awaited,
                opts=pulumi.ResourceOptions(parent=self),
            )
        return made


class OracleNode(SwarmNode):
    """The ARM machine with everything that keeps state, the Vault server among it, and the way in."""

    def __init__(
        self, name: str, args: NodeArgs, content: Vault, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aiswarm:index:OracleNode", name, args, vault=content, opts=opts)


class StarlordNode(SwarmNode):
    """The machine with the large GPU."""

    def __init__(
        self, name: str, args: NodeArgs, vault: SwarmSecrets, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aiswarm:index:StarlordNode", name, args, vault=vault, opts=opts)


class ThanosNode(SwarmNode):
    """The machine with the small GPU: applications and the backup engine."""

    def __init__(
        self, name: str, args: NodeArgs, vault: SwarmSecrets, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("aiswarm:index:ThanosNode", name, args, vault=vault, opts=opts)
