"""Deploy hand-made specs as `__main__.py` deploys the catalogue's, and keep what was asked of the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi

from components.catalogue import vault
from components.catalogue.hosts import preparations
from components.config.settings import Settings
from components.deploy.inputs import secret_references
from components.deploy.node import NodeArgs, OracleNode, StarlordNode, ThanosNode
from components.deploy.providers import docker_providers
from components.deploy.secrets import Secrets
from components.model.checks import Swarm
from components.model.specs import ServiceSpec
from tests.components.recording import STACK, Recording, Registration, record
from tests.components.samples import SERVICES, settings

CERTIFICATE = "the certificate and its key"
VAULT_KEY = "the private key of the server"
CONFIGURED = {"aiswarm:tls_certificate": CERTIFICATE, "aiswarm:vault_private_key": VAULT_KEY}


def complete(found: Settings, services: Mapping[str, tuple[ServiceSpec, ...]]) -> Swarm:
    """These services, and before them the server and the agents that their secrets come from."""
    swarm: dict[str, tuple[ServiceSpec, ...]] = {}
    for node in found.nodes.by_name():
        here = services.get(node, ())
        swarm[node] = (*vault.agents(found, node=node, services=here), *here)
    return {**swarm, "oracle": (vault.server(found), *swarm["oracle"])}


def deploy(found: Settings, swarm: Swarm) -> None:
    """What `__main__.py` does after its checks."""
    secrets = Secrets("secrets", secret_references(swarm), found.epochs)
    providers = docker_providers(found)
    machines = found.nodes.by_name()
    hosts = preparations(found, swarm)
    arguments = {
        name: NodeArgs(
            machine=machines[name], services=swarm[name], host=hosts[name], secrets=secrets, stack=STACK
        )
        for name in machines
    }
    options = {name: pulumi.ResourceOptions(providers=[providers[name]]) for name in machines}
    oracle = OracleNode("oracle", arguments["oracle"], vault.contents(found, swarm), options["oracle"])
    StarlordNode("starlord", arguments["starlord"], oracle.vault, options["starlord"])
    ThanosNode("thanos", arguments["thanos"], oracle.vault, options["thanos"])


def deployment(
    services: Mapping[str, tuple[ServiceSpec, ...]] = SERVICES,
    *,
    found: Settings | None = None,
    config: Mapping[str, str] | None = None,
    preview: bool = False,
    new: bool = False,
) -> Recording:
    """Deploy these services on their nodes."""
    use = found or settings()
    given = {**CONFIGURED, **(config or {})}
    return record(
        lambda: deploy(use, complete(use, services)),
        config=given,
        secret_keys=tuple(given),
        preview=preview,
        new=new,
    )


def deploy_on_oracle(*specs: ServiceSpec, **config: str) -> Recording:
    """Deploy these services on oracle and none elsewhere; a keyword is a secret of the stack file."""
    return deployment({"oracle": specs}, config={f"aiswarm:{key}": value for key, value in config.items()})


def entry(recording: Recording, service: str) -> dict[str, str]:
    """What the Vault server gets for a service, named in full."""
    held: dict[str, str] = json.loads(recording.one(":SecretV2", f"vault-{service}").inputs["dataJson"])
    return held


def silent_commands(recording: Recording) -> list[Registration]:
    """All but those that tell what they have changed on a machine, and know no secret."""
    return [found for found in recording.all(":Command") if not found.name.endswith("-host-prepared")]
