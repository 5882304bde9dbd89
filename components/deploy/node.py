"""One machine: its Docker network and its services, in the order in which they start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.config.settings import NodeSettings
from components.deploy.place import Place
from components.deploy.secrets import Secrets
from components.deploy.service import Service
from components.model.checks import check_order
from components.model.naming import NETWORK, labels
from components.model.problems import SpecError
from components.model.specs import ServiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeArgs:
    """What a node is made of."""

    machine: NodeSettings
    services: tuple[ServiceSpec, ...]
    secrets: Secrets
    stack: str


class SwarmNode(pulumi.ComponentResource):
    """What the three machines have in common. The node's docker provider comes with `opts`."""

    address: str
    """Address in the tailnet."""

    services: Mapping[str, Service]
    """The services by their short names."""

    def __init__(
        self, token: str, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(token, name, {}, opts)
        place = Place(
            node=args.machine,
            network=self._network(name, args).name,
            secrets=args.secrets,
            stack=args.stack,
        )
        self.address = str(args.machine.address)
        self.services = self._services(args.services, place)
        self.register_outputs({"address": self.address, "services": list(self.services)})

    def _network(self, name: str, args: NodeArgs) -> docker.Network:
        """Make the node's network; the gateway is given because Docker 29 answers with one that was not."""
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
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _services(self, specs: tuple[ServiceSpec, ...], place: Place) -> dict[str, Service]:
        for problem in check_order(specs):
            raise SpecError(problem)
        awaited = {name for spec in specs for name in spec.after}
        made: dict[str, Service] = {}
        for spec in specs:
            made[spec.name] = Service(
                spec,
                place,
                after=[made[name].container for name in spec.after],
                awaited=spec.name in awaited,
                opts=pulumi.ResourceOptions(parent=self),
            )
        return made


class OracleNode(SwarmNode):
    """The ARM machine with everything that keeps state and the way in."""

    def __init__(self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aiswarm:index:OracleNode", name, args, opts)


class StarlordNode(SwarmNode):
    """The machine with the large GPU."""

    def __init__(self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aiswarm:index:StarlordNode", name, args, opts)


class ThanosNode(SwarmNode):
    """The machine with the small GPU: applications and the backup engine."""

    def __init__(self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aiswarm:index:ThanosNode", name, args, opts)
