"""HashiCorp Vault's files, as far as they differ from OpenBao's.

It has neither OpenBao's seal by a key file nor its declarative initialisation and audit devices. So another
server opens it (transit seal), and the ready script makes a new server what OpenBao makes itself: with a root
token that lives in that script's memory and ends before it does. The recovery share, which such a server
insists on making, is dropped: the program's login is the only way in, and who loses it raises the generation.

Tests run these files and scripts with OpenBao in the product's place; HashiCorp Vault itself was never run.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.model.files import ConfigFile
from components.model.secrets import SecretRef
from components.model.vault import HASHICORP_VAULT
from components.render.openbao import PULUMI_ROLE, ServerPlaces, pulumi_policy
from components.render.openbao_ready import ready_of
from components.render.openbao_start import CHECK_SECONDS, rotation
from components.render.text import from_template

_POLICY = "pulumi-policy.hcl"
_TRANSIT_AUTHORITY = "transit-ca.pem"
_CUT = "\0"
"""Stands where the token goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transit:
    """The other server, and the key in it."""

    address: str
    key_name: str
    mount_path: str
    ca_certificate: str
    """Empty takes the authorities that the image trusts."""


def vault_files(
    *,
    places: ServerPlaces,
    seal_file: str,
    transit: Transit,
    address: str,
    port: int,
    generation: int,
    ca_certificate: str,
) -> tuple[ConfigFile, ...]:
    """Everything in the server's configuration folder; the seal's token is in `seal_file`, with the secrets.

    Each product has folders of its own for its data: neither can read the other's.
    """
    storage = f"{places.data_folder}/vault-g{generation}"
    configuration = from_template(
        "hashicorp/vault.hcl",
        address=address,
        port=port,
        cluster_port=port + 1,
        storage=storage,
        certificate_file=places.certificate_file,
        private_key_file=places.private_key_file,
    )
    authority = [ConfigFile(name=_TRANSIT_AUTHORITY, text=transit.ca_certificate)]
    return (
        ConfigFile(name="vault.hcl", text=configuration),
        ConfigFile(name=_POLICY, text=pulumi_policy()),
        ConfigFile(name="ca.pem", text=ca_certificate),
        ConfigFile(name="ready.sh", text=_ready(places), executable=True),
        ConfigFile(name="start.sh", text=_start(places, storage, seal_file)),
        *(authority if transit.ca_certificate else ()),
    )


def seal(transit: Transit, *, token: SecretRef, config_folder: str) -> tuple[str | SecretRef, ...]:
    """The seal's part of the configuration, which holds the token: parts of a secret file."""
    authority = f'  tls_ca_cert = "{config_folder}/{_TRANSIT_AUTHORITY}"\n' if transit.ca_certificate else ""
    stanza = from_template(
        "hashicorp/seal.hcl",
        address=transit.address,
        key_name=transit.key_name,
        mount_path=transit.mount_path,
        authority=authority,
        token=_CUT,
    )
    before, _, after = stanza.partition(_CUT)
    return (before, token, after)


def _ready(places: ServerPlaces) -> str:
    begin = from_template(
        "hashicorp/bootstrap.sh",
        permit=places.pulumi_secret_id_file,
        audit=places.audit_file,
        policy=f"{places.config_folder}/{_POLICY}",
        role=PULUMI_ROLE,
    )
    return ready_of(
        HASHICORP_VAULT,
        role=PULUMI_ROLE,
        seal_keys=from_template("hashicorp/seal-keys.sh"),
        unready=from_template("hashicorp/unready.sh"),
        begin=begin,
    )


def _start(places: ServerPlaces, storage: str, seal_file: str) -> str:
    return from_template(
        "hashicorp/start.sh",
        config=f"{places.config_folder}/vault.hcl",
        seal_file=seal_file,
        certificate_files=f"{places.certificate_file} {places.private_key_file}",
        storage=storage,
        audit=places.audit_file,
        check_seconds=CHECK_SECONDS,
        rotate=rotation(places.audit_file),
    )
