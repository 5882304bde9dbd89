"""Private certificate authorities, and the server certificates that they sign, as PEM texts.

Nothing here touches a file. Keys are P-256: every client that is still supported knows that curve.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from components.model.certificates import RENEWED_BEFORE, find_flaws, matches

__all__ = (
    "RENEWED_BEFORE",
    "Authority",
    "Certificate",
    "is_living_authority",
    "is_newer",
    "is_valid",
    "issue",
    "issue_for_vault",
    "make_authority",
    "matches",
)

AUTHORITY_LIFETIME: Final = datetime.timedelta(days=3650)
LIFETIME: Final = datetime.timedelta(days=365)

VAULT_ADDRESSES: Final = ("127.0.0.1",)
VAULT_NAMES: Final = ("vault", "oracle-vault", "localhost")
"""What the Vault server is called beside its node's address: from its own container and its own network."""

_CLOCKS_DIFFER: Final = datetime.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Authority:
    """PEM texts of an authority's certificate and of the key that signs with it."""

    certificate: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM texts of a server certificate and its key."""

    certificate: str
    private_key: str = field(repr=False)


def make_authority(common_name: str, *, lifetime: datetime.timedelta = AUTHORITY_LIFETIME) -> Authority:
    """Make an authority that signs server certificates and no further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    signed = (
        _builder(name, name, key.public_key())
        .not_valid_after(_now() + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(_text(signed), _key_text(key))


def issue(
    authority: Authority,
    *,
    common_name: str,
    addresses: Sequence[str],
    names: Sequence[str],
    lifetime: datetime.timedelta = LIFETIME,
) -> Certificate:
    """Sign a certificate for a server with these addresses and DNS names; it ends with its authority.

    Raises:
        ValueError: An address is none, or the authority's texts are not what they should be.
    """
    signer = x509.load_pem_x509_certificate(authority.certificate.encode())
    signing_key = serialization.load_pem_private_key(authority.private_key.encode(), None)
    if not isinstance(signing_key, ec.EllipticCurvePrivateKey):
        raise ValueError(
            f"authority: its key must be one of an elliptic curve, got {type(signing_key).__name__}"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
        *(x509.DNSName(name) for name in names),
    ]
    signed = (
        _builder(_name(common_name), signer.subject, key.public_key())
        .not_valid_after(min(_now() + lifetime, signer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
        .add_extension(_usage(sign_certificates=False), critical=True)
        .sign(signing_key, hashes.SHA256())
    )
    return Certificate(_text(signed), _key_text(key))


def issue_for_vault(authority: Authority, address: str) -> Certificate:
    """Sign a certificate for the Vault server on the node with this address."""
    return issue(
        authority,
        common_name="vault",
        addresses=(address, *VAULT_ADDRESSES),
        names=VAULT_NAMES,
    )


def is_valid(
    certificate: str,
    authority: str,
    addresses: Sequence[str],
    names: Sequence[str],
    *,
    soon: datetime.timedelta = RENEWED_BEFORE,
) -> bool:
    """Tell whether clients of the authority accept the server under all these names, now and after `soon`.

    Texts that are no certificates are not valid.
    """
    return not find_flaws(certificate, authority, addresses, names, soon=soon)


def is_living_authority(authority: Authority, *, soon: datetime.timedelta = RENEWED_BEFORE) -> bool:
    """Tell whether the authority can sign what is to be valid for longer than `soon`."""
    return matches(authority.certificate, authority.private_key) and _lives(
        x509.load_pem_x509_certificate(authority.certificate.encode()), soon
    )


def is_newer(certificate: str, other: str) -> bool:
    """Tell whether the first certificate runs longer than the second."""
    first, second = (x509.load_pem_x509_certificate(text.encode()) for text in (certificate, other))
    return first.not_valid_after_utc > second.not_valid_after_utc


def _lives(certificate: x509.Certificate, soon: datetime.timedelta) -> bool:
    return certificate.not_valid_before_utc <= _now() and certificate.not_valid_after_utc > _now() + soon


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - _CLOCKS_DIFFER)
    )


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_text(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=sign_certificates, crl_sign=sign_certificates, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
