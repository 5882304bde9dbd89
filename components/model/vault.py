"""What the Vault server holds and who may read it, as values: nothing here touches a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.model.secrets import VERSION_NAME, SecretRef, SecretSource
from components.model.specs import ServiceSpec

VERSION_FIELD = VERSION_NAME
"""Field of every entry that says which values the others hold; it is no secret."""

NODE_ROLE_PREFIX = "node-"
"""Of the names of all agents' roles and policies, and of no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One of the servers that speak the same language to agents, engine and operators."""

    image: str
    """Name in the catalogue of images."""

    program: str
    """Server, agent and command-line client in one."""

    prefix: str
    """Of the environment variables that the program reads."""

    home: str
    """Folder in the server's container, which its image gives to the server's user."""

    provider_version: str | None
    """Version of HashiCorp Vault that the provider shall take the server for; None lets it ask."""

    @property
    def config_folder(self) -> str:
        """Of the server's configuration."""
        return f"{self.home}/config"

    @property
    def data_folder(self) -> str:
        """Of its data, each generation in a folder below."""
        return f"{self.home}/file"

    @property
    def audit_file(self) -> str:
        """What it writes besides its output."""
        return f"{self.home}/logs/audit.log"

    @property
    def bootstrap_folder(self) -> str:
        """Of what its first start needs."""
        return f"{self.home}/bootstrap"


OPENBAO = Product(
    image="openbao",
    program="bao",
    prefix="BAO",
    home="/openbao",
    # What OpenBao was forked from: the provider knows no OpenBao, so it would take 2.x for a Vault with
    # features that it does not have (OpenBao, migration guide).
    provider_version="1.14.8",
)
HASHICORP_VAULT = Product(
    image="vault", program="vault", prefix="VAULT", home="/vault", provider_version=None
)
PRODUCTS = {product.image: product for product in (OPENBAO, HASHICORP_VAULT)}
"""By the words of `aiswarm:vault.product`."""


def node_role(node: str) -> str:
    """Name and id of the role of a node's agent, and name of its policy."""
    return f"{NODE_ROLE_PREFIX}{node}"


def agent_folder(service: str) -> str:
    """Folder in the agent's container that is the service's `SECRETS_PATH`."""
    return f"/secrets/{service}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The secrets of one service: one field for each, named like it."""

    path: str
    """Below the mount, e.g. `oracle/redis`."""

    service: ServiceSpec

    @property
    def fields(self) -> tuple[SecretRef, ...]:
        """Its secrets, without those that the operator puts in: they have entries of their own."""
        references = self.service.secret_references
        return tuple(ref for ref in references if ref.source is not SecretSource.VAULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAccess:
    """What one node's agent may do, and from where."""

    role: str
    """Name and id of its role, and name of its policy."""

    secret_id: SecretRef
    policy: str
    """Text of the policy."""

    cidrs: tuple[str, ...]
    """Where its logins and requests come from, with the length of the prefix: the server gives a bare address
    back with one, which would be a change on every run."""

    entries: Mapping[str, Entry]
    """By the service's short name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The whole content of the server, and how the engine reaches it."""

    product: Product
    address: str
    """`https://host:port`."""

    ca_certificate: str
    generation: int
    """A server of a raised generation begins empty, so all content is written anew."""

    mount: str
    """Mount of the key-value store, version 2."""

    login_mount: str
    """Mount and role of the engine's own login; made by the server for itself when it is new."""

    login: SecretRef
    login_policy: str
    nodes: Mapping[str, NodeAccess]
