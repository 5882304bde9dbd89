"""The Vault server on oracle, and on every node the agent that fetches that node's secrets from it.

Both are OpenBao, or HashiCorp Vault where the stack file says so. What they start with lies on their node's
disk, because nothing else could hand it to them: what opens the server, its certificate, and each agent's own
login.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from components.catalogue.images import image
from components.catalogue.limits import limits
from components.catalogue.vault_seal import SEAL_STANZA, seal_file, seal_files, seals_in_use, transit_seal
from components.config.settings import Settings
from components.model.access import Access, Flow, Probe, Protocol
from components.model.checks import Swarm
from components.model.files import Bootstrap, ConfigFile, Configuration
from components.model.mounts import DataVolume, Scratch
from components.model.naming import AGENT, service_name
from components.model.parts import Health, Port
from components.model.secrets import (
    SECRETS_PATH,
    VERSION_FILE,
    SecretChange,
    SecretFile,
    SecretRef,
    SecretsFrom,
    SecretSource,
)
from components.model.specs import ServiceSpec
from components.model.vault import PRODUCTS, Entry, NodeAccess, Product, Vault, agent_folder, node_role
from components.render.hashicorp import vault_files
from components.render.openbao import (
    MOUNT,
    PULUMI_ROLE,
    Rendered,
    ServerPlaces,
    agent_files,
    entry_path,
    external_path,
    node_policy,
    pulumi_policy,
    server_files,
)
from components.render.openbao_start import server_start

SERVER: Final = "vault"
SERVER_NODE: Final = "oracle"
PORT: Final = 8200

PULUMI_ID: Final = "vault-pulumi-id"
"""Name of the engine's logins, which have a value of their own for every epoch."""

_AGENT_CONFIG: Final = "/agent"

_CERTIFICATE: Final = "tls.pem"
_PRIVATE_KEY: Final = SecretFile(
    name="tls.key", parts=(SecretRef(name="vault_private_key", source=SecretSource.CONFIGURED),)
)
_READY_SECONDS: Final = 120


_HEALTH_PATH: Final = "/v1/sys/health"
_ACCESS: Final = Access(
    protocol=Protocol.HTTPS,
    refused="/v1/sys/mounts",
    open_paths={_HEALTH_PATH: "says whether the server is open, and nothing else"},
    people=True,
)


def address(settings: Settings) -> str:
    """Where agents, engine and operators reach the server."""
    return f"https://{settings.nodes.by_name()[SERVER_NODE].address}:{PORT}"


def contents(settings: Settings, swarm: Swarm) -> Vault:
    """What the server shall hold: an entry a service, and for each node the right to read its own."""
    return Vault(
        product=_product(settings),
        address=address(settings),
        ca_certificate=settings.vault.ca_certificate,
        generation=settings.vault.generation,
        mount=MOUNT,
        login_mount=PULUMI_ROLE,
        login=_pulumi_ids(settings)[0],
        login_policy=pulumi_policy(),
        nodes={node: _access(settings, node, specs) for node, specs in swarm.items() if _served(specs)},
    )


def _served(services: Sequence[ServiceSpec]) -> Sequence[ServiceSpec]:
    """The services whose secrets the node's agent writes."""
    return [spec for spec in services if spec.rendered]


def _access(settings: Settings, node: str, services: Sequence[ServiceSpec]) -> NodeAccess:
    machine = settings.nodes.by_name()[node]
    served = _served(services)
    external = {ref for spec in served for ref in spec.secret_references if ref.source is SecretSource.VAULT}
    paths = [entry_path(node, spec.name) for spec in served]
    # The server's own node comes through Docker's gateway, whatever address it asks (measured).
    source = str(machine.subnet) if node == SERVER_NODE else f"{machine.address}/32"
    return NodeAccess(
        role=node_role(node),
        secret_id=_agent_id(node),
        policy=node_policy([*paths, *sorted(external_path(ref.name) for ref in external)]),
        cidrs=(source,),
        entries={spec.name: Entry(path=path, service=spec) for spec, path in zip(served, paths, strict=True)},
    )


def server(settings: Settings) -> ServiceSpec:
    """The server; a key beside it or another server opens its data, so it starts without a person."""
    product = _product(settings)
    config = product.config_folder
    first_id = SecretFile(name="secret_id", parts=_pulumi_ids(settings)[:1])
    return ServiceSpec(
        node=SERVER_NODE,
        name=SERVER,
        image=image(settings, product.image),
        limits=limits(settings, SERVER_NODE, SERVER, memory_mib=512, cpus="1.0"),
        # A status of 0 is not enough: it is that of a standby too, which serves nobody.
        health=Health(
            test=("CMD-SHELL", f"{product.program} status | grep -q 'HA Mode *active'"),
            interval_seconds=15,
            start_period_seconds=60,
        ),
        entrypoint=("/bin/sh", f"{config}/start.sh"),
        env=_environment(product),
        ports=(Port(name="https", container=PORT, published=PORT, access=_ACCESS),),
        probe=Probe(port="https", path=_HEALTH_PATH, tls=True),
        configuration=Configuration(folder=config, files=_server_files(settings, product, first_id)),
        secrets=(
            SecretFile(name=_CERTIFICATE, parts=(settings.vault.certificate,)),
            _PRIVATE_KEY,
            *seal_files(settings, product),
        ),
        secrets_from=SecretsFrom.HOST,
        on_secret_change=SecretChange.NOTICE,
        bootstrap=_bootstrap(settings, product, first_id),
        volumes=(
            DataVolume(name="data", path=product.data_folder),
            DataVolume(name="audit", path=product.audit_file.rpartition("/")[0]),
        ),
        scratch=(Scratch(size_mib=16),),
    )


def _bootstrap(settings: Settings, product: Product, first_id: SecretFile) -> Bootstrap:
    ids = _pulumi_ids(settings)
    ready = ("sh", f"{product.config_folder}/ready.sh", str(_READY_SECONDS))
    return Bootstrap(
        folder=product.bootstrap_folder,
        file=first_id,
        generation=settings.vault.generation,
        ready=ready,
        ready_input=(ids[0], "\n", *ids[1:], "\n"),
        retire=(*ready, "retire"),
    )


def _environment(product: Product) -> Mapping[str, str]:
    """Where the product's commands in the server's container find the server."""
    return {
        f"{product.prefix}_ADDR": f"https://127.0.0.1:{PORT}",
        f"{product.prefix}_CACERT": f"{product.config_folder}/ca.pem",
    }


def _product(settings: Settings) -> Product:
    return PRODUCTS[settings.vault.product]


def _server_files(settings: Settings, product: Product, first_id: SecretFile) -> tuple[ConfigFile, ...]:
    places = ServerPlaces(
        config_folder=product.config_folder,
        data_folder=product.data_folder,
        audit_file=product.audit_file,
        certificate_file=f"{SECRETS_PATH}/{_CERTIFICATE}",
        private_key_file=_PRIVATE_KEY.path,
        pulumi_secret_id_file=f"{product.bootstrap_folder}/{first_id.name}",
        seal_keys=tuple((f"k{number}", seal_file(number).path) for number in seals_in_use(settings)),
    )
    ours = str(settings.nodes.by_name()[SERVER_NODE].address)
    generation, authority = settings.vault.generation, settings.vault.ca_certificate
    if transit := transit_seal(settings):
        return vault_files(
            places=places,
            seal_file=SEAL_STANZA,
            transit=transit,
            address=ours,
            port=PORT,
            generation=generation,
            ca_certificate=authority,
        )
    files = server_files(
        places=places, address=ours, port=PORT, generation=generation, ca_certificate=authority
    )
    start = server_start(config_file=f"{product.config_folder}/vault.hcl", audit_file=places.audit_file)
    return (*files, ConfigFile(name="start.sh", text=start))


def agents(settings: Settings, *, node: str, services: Sequence[ServiceSpec]) -> Sequence[ServiceSpec]:
    """The node's agent, writing the secret files of `services`; none where none of them has any.

    An agent without a template refuses to start.
    """
    served = _served(services)
    return (_agent(settings, node, served),) if served else ()


def _agent(settings: Settings, node: str, served: Sequence[ServiceSpec]) -> ServiceSpec:
    product = _product(settings)
    own_id = SecretFile(name="secret_id", parts=(_agent_id(node),))
    files = agent_files(
        address=address(settings),
        role_id=node_role(node),
        secret_id_file=own_id.path,
        config_folder=_AGENT_CONFIG,
        ca_certificate=settings.vault.ca_certificate,
        rendered=[
            Rendered(entry=entry_path(node, spec.name), folder=agent_folder(spec.name), files=spec.secrets)
            for spec in served
        ],
    )
    versions = [f"test -s {agent_folder(spec.name)}/{VERSION_FILE}" for spec in served]
    return ServiceSpec(
        node=node,
        name=AGENT,
        image=image(settings, product.image),
        limits=limits(settings, node, AGENT, memory_mib=128, cpus="0.5"),
        health=Health(
            test=("CMD-SHELL", " && ".join(versions)),
            interval_seconds=10,
            start_period_seconds=60,
        ),
        entrypoint=(product.program,),
        command=("agent", f"-config={_AGENT_CONFIG}/agent.hcl"),
        configuration=Configuration(folder=_AGENT_CONFIG, files=files),
        secrets=(own_id,),
        secrets_from=SecretsFrom.HOST,
        on_secret_change=SecretChange.NOTICE,
        talks_to=(Flow(to=service_name(SERVER_NODE, SERVER), port="https"),),
        renders_for=tuple(spec.name for spec in served),
        scratch=(Scratch(size_mib=16),),
    )


def _agent_id(node: str) -> SecretRef:
    """What the node's agent logs in with."""
    return SecretRef(name=f"{node}-agent-id", length=48)


def _pulumi_ids(settings: Settings) -> tuple[SecretRef, ...]:
    """What the engine logs in with, and after it what it logged in with until the last rotation."""
    epoch = settings.epochs.get(PULUMI_ID, 1)
    return tuple(
        SecretRef(name=f"{PULUMI_ID}-e{number}", length=48, family=PULUMI_ID)
        for number in range(epoch, max(epoch - 2, 0), -1)
    )
