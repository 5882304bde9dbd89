"""A certificate authority of the lab's own, and the front door's certificate from it."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = datetime.timedelta(days=365)
RENEWED_BEFORE = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Certificate:
    """PEM texts of a server certificate and its key."""

    certificate: str
    private_key: str


def ensure(folder: Path, *, address: str) -> Certificate:
    """Make the authority and a certificate for `address`, unless valid ones are there.

    Files: `ca.pem` for clients, `server.pem` and `server.key` for the front door. The authority's own key is
    thrown away: nobody can sign anything else with it.
    """
    authority, server, key = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    if not (authority.exists() and key.exists() and _valid(server, address)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        server.unlink(missing_ok=True)  # and written last: while it is there, the three belong together
        issued, signed, private = _issue(address)
        authority.write_text(issued)
        key.touch(mode=0o600)
        key.write_text(private)
        partial = server.with_suffix(".partial")
        partial.write_text(signed)
        partial.replace(server)
    return Certificate(server.read_text(), key.read_text())


def _valid(file: Path, address: str) -> bool:
    if not file.exists():
        return False
    found = x509.load_pem_x509_certificate(file.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    soon = datetime.datetime.now(datetime.UTC) + RENEWED_BEFORE
    return found.not_valid_after_utc > soon and ipaddress.ip_address(address) in names.get_values_for_type(
        x509.IPAddress
    )


def _issue(address: str) -> tuple[str, str, str]:
    authority_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AI swarm lab authority")])
    authority = (
        _builder(authority_name, authority_name, authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)]), authority_name, server_key)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .add_extension(_usage(sign_certificates=False), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    private = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return authority.public_bytes(pem).decode(), server.public_bytes(pem).decode(), private.decode()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=sign_certificates, crl_sign=sign_certificates, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip
