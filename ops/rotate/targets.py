"""Which secrets can be rotated, under which name, and why some never are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from components.catalogue.vault import PULUMI_ID, SERVER, SERVER_NODE
from components.catalogue.vault_seal import SEAL
from components.model.naming import AGENT
from components.model.secrets import SecretRef, SecretSource
from components.model.specs import ServiceSpec
from ops.stack import Stack

VAULT_TLS = "vault-tls"
TLS = "tls"

CONFIGURED = {
    VAULT_TLS: frozenset({"vault_private_key"}),
    TLS: frozenset({"tls_certificate", "tls_private_key"}),
}
"""Values from the stack file that a rotation of this name changes."""

FINGERPRINT_KEY = "fingerprint-key"
KEPT = "what is stored under it opens with no other value"


class Kind(StrEnum):
    """How the next value comes about."""

    VALUE = "another random value"
    AGENT_ID = "another login of the node's agent"
    PULUMI_ID = "another login of the program"
    SEAL = "another seal key beside the one before"
    CERTIFICATE = "another certificate"


@dataclass(frozen=True)
class Target:
    """One thing that can be rotated."""

    name: str
    kind: Kind


def rotatable(stack: Stack) -> Mapping[str, Target]:
    """Everything that can be rotated, by name."""
    names = {ref.rotates_as for ref in _generated(stack) if ref.family or not ref.kept_with_data}
    kinds = dict.fromkeys(names, Kind.VALUE)
    agents = [spec for spec in stack.services if spec.name == AGENT]
    kinds |= {ref.rotates_as: Kind.AGENT_ID for spec in agents for ref in _references(spec)}
    if server(stack) is not None:
        kinds |= {PULUMI_ID: Kind.PULUMI_ID, SEAL: Kind.SEAL, VAULT_TLS: Kind.CERTIFICATE}
    kinds[TLS] = Kind.CERTIFICATE
    return {name: Target(name, kinds[name]) for name in sorted(kinds)}


def never(stack: Stack) -> Mapping[str, str]:
    """Generated secrets that are never rotated, each with the reason."""
    kept = {ref.name: KEPT for ref in _generated(stack) if ref.kept_with_data and not ref.family}
    nobody = "nobody logs in with it; it shows the engine that a secret has changed, so all services would be"
    return dict(sorted({**kept, FINGERPRINT_KEY: f"{nobody} replaced for nothing"}.items()))


def server(stack: Stack) -> ServiceSpec | None:
    """The Vault server, if the stack has one."""
    return next((spec for spec in stack.on(SERVER_NODE) if spec.name == SERVER), None)


def consumers(stack: Stack, name: str) -> tuple[ServiceSpec, ...]:
    """The services that hold a value which a rotation of this name changes, in the order of their start."""
    configured = CONFIGURED.get(name, frozenset())
    return tuple(
        spec
        for spec in stack.services
        if any(ref.rotates_as == name or ref.name in configured for ref in _references(spec))
    )


def _references(spec: ServiceSpec) -> Iterator[SecretRef]:
    for file in spec.secrets:
        yield from file.references


def _generated(stack: Stack) -> Iterator[SecretRef]:
    for spec in stack.services:
        yield from (ref for ref in _references(spec) if ref.source is SecretSource.GENERATED)
