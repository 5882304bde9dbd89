"""The lab's certificate authorities: for the front door, for Railway's edge, and for the Vault server.

The first two lose their keys at once: nobody can sign anything else with them. The Vault server's keeps it,
so that a new certificate needs no new trust in the agents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from lab import paths
from ops import certificates
from ops.certificates import VAULT_ADDRESSES, VAULT_NAMES, Authority, Certificate

LIFETIME = certificates.LIFETIME
"""Of the front door's authority as well: nothing outlives a key that is gone."""

AUTHORITY = "AI swarm lab authority"
VAULT_AUTHORITY = "AI swarm lab vault authority"


@dataclass(frozen=True, slots=True)
class VaultTls:
    """PEM texts of what the Vault server shows and what its clients trust."""

    ca_certificate: str
    certificate: str
    private_key: str = field(repr=False)


def vault_folder() -> Path:
    """Where the lab keeps the Vault server's authority, with its key, and its certificate."""
    return paths.state_dir() / "vault-tls"


def ensure(folder: Path, *, address: str, names: tuple[str, ...] = ()) -> Certificate:
    """Make an authority and a certificate for a server at `address`, unless valid ones are there.

    Files: `ca.pem` for clients, `server.pem` and `server.key` for the server.

    Args:
        names: DNS names of the server, if its clients use any.
    """
    found = Certificate(_read(folder / "server.pem"), _read(folder / "server.key"))
    if _usable(found, _read(folder / "ca.pem"), (address,), names):
        return found
    authority = certificates.make_authority(AUTHORITY, lifetime=LIFETIME)
    made = certificates.issue(authority, common_name=address, addresses=(address,), names=names)
    _write(folder / "ca.pem", authority.certificate)
    _write_pair(folder, "server", made)
    return made


def ensure_vault(folder: Path, *, address: str) -> VaultTls:
    """Make an authority and a certificate for the Vault server on `address`, each unless it is there.

    Files: `ca.pem` and `ca.key` of the authority, `server.pem` and `server.key` of the server.
    """
    authority = Authority(_read(folder / "ca.pem"), _read(folder / "ca.key"))
    if not certificates.is_living_authority(authority):
        authority = certificates.make_authority(VAULT_AUTHORITY)
        _write_pair(folder, "ca", authority)
    server = Certificate(_read(folder / "server.pem"), _read(folder / "server.key"))
    if not _usable(server, authority.certificate, (address, *VAULT_ADDRESSES), VAULT_NAMES):
        server = certificates.issue_for_vault(authority, address)
        _write_pair(folder, "server", server)
    return VaultTls(authority.certificate, server.certificate, server.private_key)


def _usable(found: Certificate, authority: str, addresses: tuple[str, ...], names: tuple[str, ...]) -> bool:
    return certificates.matches(found.certificate, found.private_key) and certificates.is_valid(
        found.certificate, authority, addresses, names
    )


def _write_pair(folder: Path, name: str, pair: Authority | Certificate) -> None:
    _write(folder / f"{name}.key", pair.private_key)
    _write(folder / f"{name}.pem", pair.certificate)


def _write(file: Path, text: str) -> None:
    """Write anew, a key for its owner alone. What an interruption leaves does not match and is made again."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600 if file.suffix == ".key" else 0o644)
    file.write_text(text)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""
