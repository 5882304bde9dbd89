"""The swarm of one stack: read the settings, check everything, deploy, say where it answers. Wiring only."""

import pulumi

from components.catalogue.credentials import LITELLM_MASTER_KEY_PARTS, OPERATOR_PASSWORD
from components.catalogue.hosts import preparations
from components.catalogue.railway import cloud as cloud_of
from components.catalogue.swarm import swarm as services_of
from components.catalogue.vault import contents
from components.config.errors import refuse
from components.config.load import load
from components.deploy.inputs import find_missing_inputs, secret_references
from components.deploy.node import NodeArgs, OracleNode, StarlordNode, ThanosNode
from components.deploy.outputs import nodes, urls
from components.deploy.providers import docker_providers
from components.deploy.railway import cloud_references, deploy_cloud, find_railway_problems
from components.deploy.secrets import Secrets
from components.model.checks import find_problems

settings = load()
swarm, cloud = services_of(settings), cloud_of(settings)
refuse(
    [
        *find_problems(settings, swarm, cloud),
        *find_railway_problems(settings.railway, cloud),
        *find_missing_inputs(settings, swarm),
    ]
)

stack = pulumi.get_stack()
references = [*secret_references(swarm), *cloud_references(cloud)]
secrets = Secrets("secrets", references, settings.epochs)
vault = contents(settings, swarm)
providers = docker_providers(settings)
hosts = preparations(settings, swarm)
arguments = {
    name: NodeArgs(machine=machine, services=swarm[name], host=hosts[name], secrets=secrets, stack=stack)
    for name, machine in settings.nodes.by_name().items()
}
oracle = OracleNode(
    "oracle", arguments["oracle"], vault, pulumi.ResourceOptions(providers=[providers["oracle"]])
)
starlord = StarlordNode(
    "starlord", arguments["starlord"], oracle.vault, pulumi.ResourceOptions(providers=[providers["starlord"]])
)
thanos = ThanosNode(
    "thanos", arguments["thanos"], oracle.vault, pulumi.ResourceOptions(providers=[providers["thanos"]])
)

addresses = urls(settings, swarm)
pulumi.export("urls", addresses)
pulumi.export("railway_urls", deploy_cloud(cloud, secrets, stack))
pulumi.export("nodes", nodes(swarm))
pulumi.export("chat_url", addresses["api"])
pulumi.export("chat_model", settings.models.public_name)
pulumi.export("chat_key", secrets.text(LITELLM_MASTER_KEY_PARTS))
pulumi.export("operator_password", secrets.value(OPERATOR_PASSWORD))
pulumi.export("vault_address", vault.address)
pulumi.export("vault_secret_id", secrets.value(vault.login))
