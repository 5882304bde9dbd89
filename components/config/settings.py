"""The stack's configuration as frozen, typed settings: what each section may hold."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from components.config.fields import (
    Account,
    Certificate,
    CloudName,
    CloudRegion,
    Count,
    Cpus,
    ExternalKey,
    HostKey,
    HostName,
    Login,
    MachineAddress,
    Mebibytes,
    Reference,
    RemoteModelName,
    Switch,
    TcpPort,
    TransitAddress,
    TransitKey,
    TransitMount,
    User,
    WorkspaceId,
    Written,
)
from components.config.models import ModelsSettings
from components.config.section import Section as _Section
from components.model.forms import LEAST_MEMORY_MIB

NAMESPACE = "aiswarm"


class GpuSettings(_Section):
    """One graphics card of a node."""

    name: str
    memory_mib: Mebibytes
    power_cap_watts: Count | None = None
    """What the card may draw at most, set by a unit of the node's system; None leaves the card's own."""


class SshSettings(_Section):
    """How the node's Docker engine and files are reached."""

    user: Account = "root"
    port: TcpPort = 22
    host_key: HostKey | None = None
    """Public host key. A preview needs none; `up` refuses to start without it."""


class NodeSettings(_Section):
    """One machine that already runs Docker."""

    address: MachineAddress
    """Address in the tailnet; ports are published there and nowhere else."""

    arch: Literal["amd64", "arm64"]
    memory_mib: Mebibytes
    reserved_mib: Mebibytes = 1024
    """Kept for the system and for containers that are not ours."""

    subnet: Annotated[IPv4Network, Written]
    """Docker network of the node, a /24 of 172.20.0.0/16."""

    gpus: tuple[GpuSettings, ...] = ()
    ssh: SshSettings = SshSettings()


class NodesSettings(_Section):
    """The three machines."""

    oracle: NodeSettings
    starlord: NodeSettings
    thanos: NodeSettings

    def by_name(self) -> dict[str, NodeSettings]:
        """The nodes by their names, in a fixed order."""
        return {"oracle": self.oracle, "starlord": self.starlord, "thanos": self.thanos}


class GatewaySettings(_Section):
    """The step between HAProxy and the engines."""

    workers: Annotated[int, Field(strict=True, ge=1, le=64)] = 2
    database: Switch = True
    """False runs LiteLLM without virtual keys and spend records."""

    requests_per_minute: Count = 600
    """Most requests of one client key a minute; more are answered with 429."""

    public_host: HostName | None = None
    """DNS name of the front door, which its certificate names; None shows clients its address."""


class ImageSettings(_Section):
    """Another image in place of one from the catalogue, e.g. from a registry inside the network."""

    reference: Reference
    platforms: tuple[Literal["linux/amd64", "linux/arm64"], ...]
    user: User | None = None
    """None keeps the user of the catalogue's image, which the other one must then be built for."""

    stand_in: Switch = False


class LimitSettings(_Section):
    """Other limits for one service than the catalogue's."""

    memory_mib: Annotated[int, Field(strict=True, ge=LEAST_MEMORY_MIB)]
    cpus: Cpus


class RemoteEmbedding(_Section):
    """A model at a company that is paid by the token it reads, and writes none."""

    model: RemoteModelName
    """As the provider names it, e.g. `mistralai/mixtral-8x7b-instruct`."""

    dollars_per_day: Annotated[float, Field(gt=0, le=1000)]
    """The gateway sends no more requests there once this is spent."""

    input_dollars_per_million: Annotated[float, Field(gt=0)]
    """Price a million tokens. Given, not looked up: a model without price would slip past the budget."""


class RemoteModel(RemoteEmbedding):
    """A model at a company, paid by the token it reads and by the token it writes."""

    output_dollars_per_million: Annotated[float, Field(gt=0)]


class RemoteSearch(_Section):
    """A model that searches the web, and takes a fee for each request beside its price of tokens.

    No price is given here: with one, LiteLLM counts tokens alone and not what the answer says it cost, and
    the budget would let through many times its sum (seen with 1.106.2).
    """

    model: Literal["sonar", "sonar-pro", "sonar-reasoning-pro"]
    """Those whose prices LiteLLM knows, should an answer not say its cost."""

    dollars_per_day: Annotated[float, Field(gt=0, le=1000)]
    """The gateway sends no more requests there once this is spent."""


class RemoteSettings(_Section):
    """Models that are paid for; each is left out while its key is not set."""

    openrouter: RemoteModel | None = None
    gemini: RemoteModel | None = None
    """These two stand behind the swarm's own engines in the cascade, in this order."""

    perplexity: RemoteSearch | None = None
    """Answers with sources, under a name of its own: nobody else's answer could stand in for it."""

    embedding: RemoteEmbedding | None = None
    """Embeddings from Google, under a name of their own; no engine of the swarm makes any."""


class TransitSettings(_Section):
    """Another server, whose transit engine holds the key that opens ours; its token is a secret."""

    address: TransitAddress
    key_name: TransitKey
    mount_path: TransitMount = "transit/"
    ca_certificate: Certificate = ""
    """Authority of that server's certificate as PEM text; empty takes those that the image trusts."""


class VaultSettings(_Section):
    """The server that hands out secrets."""

    product: Literal["openbao", "vault"] = "openbao"
    """OpenBao, or HashiCorp Vault, which needs another server to open it after a start."""

    transit: Annotated[TransitSettings | None, Field(validate_default=True)] = None
    """Given with HashiCorp Vault, and only with it."""

    generation: Count = 1
    """Raised to give up the server's data and begin anew, with all content that this program declares."""

    ca_certificate: Certificate = ""
    """Authority of the server's certificate as PEM text; the agents and the engine trust it and no other."""

    certificate: Certificate = ""
    """The server's certificate as PEM text, for its node's address, `127.0.0.1` and `localhost`."""

    @field_validator("transit")
    @classmethod
    def _seals_vault(cls, transit: TransitSettings | None, info: ValidationInfo) -> TransitSettings | None:
        """OpenBao opens by the key beside it; HashiCorp Vault has nothing like it."""
        product = info.data.get("product")
        if product is not None and (product == "vault") != (transit is not None):
            raise ValueError("given where product is vault, and nowhere else")
        return transit


class TailnetSettings(_Section):
    """Whom the tailnet lets in, by their logins there."""

    people: tuple[Login, ...] = ()
    """Who uses the swarm; empty means every member of the tailnet."""

    operators: tuple[Login, ...] = ()
    """Who deploys it and reaches every port; empty means every administrator of the tailnet."""


class OptionalSettings(_Section):
    """Services that are off unless somebody wants them; each field's description says why."""

    sillytavern_extras: Switch = Field(
        default=False,
        description="discontinued in April 2024: SillyTavern itself and its extensions have taken its place",
    )


class EdgeSettings(_Section):
    """Another way to the router's domain than what name servers say, e.g. a forwarder in the tailnet."""

    address: MachineAddress
    port: TcpPort = 443
    ca_certificate: Certificate = ""
    """Authority of its certificate as PEM text; empty takes those that the image trusts."""


class RailwaySettings(_Section):
    """The auxiliary cloud: a project at Railway, which answers when the swarm's own engines cannot."""

    enabled: Switch = False
    workspace_id: WorkspaceId | None = None
    """Whom the project belongs to and who pays. A preview needs none; `up` refuses to start without it."""

    project: CloudName = "aiswarm"
    environment: CloudName = "production"
    region: CloudRegion = "us-east4-eqdc4a"
    domain_label: CloudName = "aiswarm-router"
    """First part of the router's domain. All of Railway's customers share these: take one that is free."""

    edge: EdgeSettings | None = None


class Settings(_Section):
    """Everything that differs from stack to stack."""

    nodes: NodesSettings
    models: ModelsSettings
    gateway: GatewaySettings = GatewaySettings()
    images: Mapping[str, ImageSettings] = {}
    limits: Mapping[str, LimitSettings] = {}
    """Keyed by the service's full name, e.g. `starlord-vllm-primary`."""

    optional: OptionalSettings = OptionalSettings()
    railway: RailwaySettings = RailwaySettings()
    remote: RemoteSettings = RemoteSettings()
    tailnet: TailnetSettings = TailnetSettings()
    vault: VaultSettings = VaultSettings()
    epochs: Mapping[str, Count] = {}
    """Keyed by the secret's name; a raised one makes another value. `./swarm rotate` raises them."""

    keys_in_vault: Mapping[ExternalKey, Count] = {}
    """External keys that were put into the server by hand, and how often; `./swarm keys set` counts."""

    keys_in_stack: tuple[ExternalKey, ...] = ()
    """External keys that the stack file itself holds, encrypted; found there, never written."""
