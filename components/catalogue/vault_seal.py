"""What opens the Vault server: keys beside it, or another server's transit engine."""

from __future__ import annotations

from typing import Final

from components.config.settings import Settings
from components.model.secrets import SECRETS_PATH, SecretFile, SecretForm, SecretRef, SecretSource
from components.model.vault import Product
from components.render.hashicorp import Transit, seal

SEAL: Final = "vault-seal"
"""Name of the keys, which have a value of their own for every epoch."""

SEAL_STANZA: Final = f"{SECRETS_PATH}/seal.hcl"
_TRANSIT_TOKEN: Final = SecretRef(name="vault_transit_token", source=SecretSource.CONFIGURED)


def transit_seal(settings: Settings) -> Transit | None:
    """The server that opens ours; None where ours opens by a key beside it."""
    given = settings.vault.transit
    if given is None:
        return None
    return Transit(
        address=given.address,
        key_name=given.key_name,
        mount_path=given.mount_path,
        ca_certificate=given.ca_certificate,
    )


def seals_in_use(settings: Settings) -> tuple[int, ...]:
    """The key that seals, and the one before it, which data of before the last rotation still needs.

    None where another server holds it.
    """
    if settings.vault.transit:
        return ()
    epoch = settings.epochs.get(SEAL, 1)
    return tuple(range(epoch, max(epoch - 2, 0), -1))


def seal_files(settings: Settings, product: Product) -> tuple[SecretFile, ...]:
    """Every key there was, or the part of the configuration that holds the token for another server's key."""
    if transit := transit_seal(settings):
        stanza = seal(transit, token=_TRANSIT_TOKEN, config_folder=product.config_folder)
        return (SecretFile(name=SEAL_STANZA.rpartition("/")[2], parts=stanza),)
    return tuple(seal_file(number) for number in range(1, settings.epochs.get(SEAL, 1) + 1))


def seal_file(number: int) -> SecretFile:
    """The key of one epoch; once on the node it never changes."""
    ref = SecretRef(
        name=f"{SEAL}-k{number}", length=32, form=SecretForm.HEX, kept_with_data=True, family=SEAL
    )
    return SecretFile(name=f"seal-k{number}", parts=(ref,), fixed=True)
