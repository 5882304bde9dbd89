"""What a new configuration file of the lab's stack takes over from the one before.

`./swarm keys`, `./swarm rotate` and whoever raises the Vault server's generation change the generated file.
`make up` writes that file anew when an image or a host key is another one, and must not undo their work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lab.tls import VaultTls
from ops.certificates import Certificate

DOOR_CERTIFICATE: Final = "aiswarm:tls_certificate"
DOOR_KEY: Final = "aiswarm:tls_private_key"
VAULT: Final = "aiswarm:vault"
VAULT_KEY: Final = "aiswarm:vault_private_key"

_COUNTS: Final = ("aiswarm:epochs", "aiswarm:keys_in_vault")


def certificates(door: Certificate, vault: VaultTls) -> dict[str, object]:
    """The settings that carry the lab's own certificates; their keys are set apart, encrypted."""
    section = {"generation": 1, "ca_certificate": vault.ca_certificate, "certificate": vault.certificate}
    return {DOOR_CERTIFICATE: door.certificate, VAULT: section}


def keys(door: Certificate, vault: VaultTls) -> dict[str, str]:
    """The private keys that belong to `certificates`, by the name of the setting."""
    return {DOOR_KEY: door.private_key, VAULT_KEY: vault.private_key}


def carry_over(
    made: Mapping[str, object],
    previous: Mapping[str, object],
    *,
    is_rotated: Callable[[str], bool],
) -> dict[str, object]:
    """Merge what operators changed in the previous configuration into the one that was made.

    Encrypted values are taken as they are: both files have the same salt. A private key is missing from the
    result where the previous one does not belong to its certificate.

    Args:
        is_rotated: Asked about a certificate of the Vault server that the lab did not make itself: whether an
            operator has put it there with its key, and it is to stay.
    """
    theirs_alone = {key: value for key, value in previous.items() if key not in made and _is_encrypted(value)}
    merged = {**made, **{key: previous[key] for key in _COUNTS if key in previous}, **theirs_alone}
    if previous.get(DOOR_CERTIFICATE) != made[DOOR_CERTIFICATE]:
        merged.pop(DOOR_KEY, None)
    ours, theirs = _section(made), _section(previous)
    section = ours | {"generation": theirs.get("generation", ours["generation"])}
    certificate = str(theirs.get("certificate", ""))
    if certificate != ours["certificate"]:
        if VAULT_KEY in merged and is_rotated(certificate):
            section["certificate"] = certificate
        else:
            merged.pop(VAULT_KEY, None)
    return merged | {VAULT: section}


def _section(config: Mapping[str, object]) -> dict[str, object]:
    found = config.get(VAULT)
    return dict(found) if isinstance(found, dict) else {}


def _is_encrypted(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"secure"}
