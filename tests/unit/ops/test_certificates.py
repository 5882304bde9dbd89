"""Private authorities and server certificates: what clients accept, and what they refuse."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ops import certificates
from ops.certificates import LIFETIME, RENEWED_BEFORE, VAULT_NAMES, Authority, Certificate

ADDRESS = "198.18.0.11"
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return certificates.make_authority("an authority")


def issue(authority: Authority, *, lifetime: datetime.timedelta = LIFETIME) -> Certificate:
    return certificates.issue(
        authority,
        common_name="vault",
        addresses=(ADDRESS, "127.0.0.1"),
        names=("vault", "localhost"),
        lifetime=lifetime,
    )


@contextmanager
def server(certificate: Certificate, folder: Path) -> Iterator[int]:
    """A TLS server on the loopback that shows the certificate to one client; its port."""
    (folder / "server.pem").write_text(certificate.certificate + certificate.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")

    def answer(listening: socket.socket) -> None:
        plain, _ = listening.accept()
        with plain:
            plain.settimeout(10)
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.sendall(b"hello")
            except ssl.SSLError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def ask(port: int, authority: Authority, name: str) -> bytes:
    context = ssl.create_default_context(cadata=authority.certificate)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as connection,
    ):
        return connection.recv(5)


@pytest.mark.parametrize("name", [ADDRESS, "127.0.0.1", "vault", "localhost"])
def test_a_client_of_the_authority_trusts_the_server(authority: Authority, tmp_path: Path, name: str) -> None:
    with server(issue(authority), tmp_path) as port:
        assert ask(port, authority, name) == b"hello"


def test_a_client_refuses_another_name_and_another_authority(authority: Authority, tmp_path: Path) -> None:
    issued = issue(authority)
    with server(issued, tmp_path) as port, pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        ask(port, authority, "elsewhere")
    other = certificates.make_authority("an authority")
    with server(issued, tmp_path) as port, pytest.raises(ssl.SSLCertVerificationError):
        ask(port, other, ADDRESS)


def test_the_authority_signs_servers_and_no_further_authority(authority: Authority) -> None:
    found = x509.load_pem_x509_certificate(authority.certificate.encode())
    constraints = found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    key = serialization.load_pem_private_key(authority.private_key.encode(), None)
    assert key.public_key() == found.public_key()
    issued = x509.load_pem_x509_certificate(issue(authority).certificate.encode())
    assert not issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises((InvalidSignature, ValueError)):
        found.verify_directly_issued_by(issued)


def test_a_certificate_ends_with_its_authority() -> None:
    brief = certificates.make_authority("brief", lifetime=40 * DAY)
    issued = x509.load_pem_x509_certificate(issue(brief).certificate.encode())
    signer = x509.load_pem_x509_certificate(brief.certificate.encode())
    assert issued.not_valid_after_utc == signer.not_valid_after_utc


def test_an_authority_with_a_key_of_another_kind_signs_nothing(authority: Authority) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="must be one of an elliptic curve, got RSAPrivateKey"):
        issue(Authority(authority.certificate, key.decode()))


def test_a_certificate_for_the_vault_server_has_all_its_names(authority: Authority) -> None:
    issued = certificates.issue_for_vault(authority, ADDRESS)
    wanted = (issued.certificate, authority.certificate, (ADDRESS, "127.0.0.1"), VAULT_NAMES)
    assert certificates.is_valid(*wanted)
    assert certificates.matches(issued.certificate, issued.private_key)


@pytest.mark.parametrize(
    ("addresses", "names", "valid"),
    [
        ((ADDRESS,), ("vault",), True),
        ((), (), True),
        (("198.18.0.12",), (), False),
        ((ADDRESS,), ("vault", "elsewhere"), False),
    ],
)
def test_it_is_valid_for_its_own_names_alone(
    authority: Authority, addresses: tuple[str, ...], names: tuple[str, ...], valid: bool
) -> None:
    issued = issue(authority)
    assert certificates.is_valid(issued.certificate, authority.certificate, addresses, names) is valid


def test_it_is_not_valid_when_it_soon_ends(authority: Authority) -> None:
    issued = issue(authority, lifetime=RENEWED_BEFORE - DAY)
    told = (issued.certificate, authority.certificate, (ADDRESS,), ())
    assert not certificates.is_valid(*told)
    assert certificates.is_valid(*told, soon=DAY)


def test_it_is_not_valid_under_an_authority_that_soon_ends() -> None:
    ending = certificates.make_authority("ending", lifetime=RENEWED_BEFORE - DAY)
    issued = issue(ending)
    assert not certificates.is_valid(issued.certificate, ending.certificate, (ADDRESS,), ())
    assert not certificates.is_living_authority(ending)
    assert certificates.is_living_authority(ending, soon=DAY)


def test_it_is_not_valid_under_an_authority_of_the_same_name(authority: Authority) -> None:
    other = certificates.make_authority("an authority")
    assert not certificates.is_valid(issue(authority).certificate, other.certificate, (ADDRESS,), ())
    assert not certificates.is_living_authority(Authority(authority.certificate, other.private_key))


@pytest.mark.parametrize("broken", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_not_valid(authority: Authority, broken: str) -> None:
    issued = issue(authority)
    assert not certificates.is_valid(broken, authority.certificate, (), ())
    assert not certificates.is_valid(issued.certificate, broken, (), ())
    assert not certificates.is_living_authority(Authority(broken, authority.private_key))
    assert not certificates.matches(broken, issued.private_key)
    assert not certificates.matches(issued.certificate, broken)


def test_a_certificate_without_alternative_names_is_not_valid(authority: Authority) -> None:
    assert not certificates.is_valid(authority.certificate, authority.certificate, (), ())


def test_a_key_belongs_to_its_own_certificate_alone(authority: Authority) -> None:
    first, second = issue(authority), issue(authority)
    assert certificates.matches(first.certificate, first.private_key)
    assert not certificates.matches(first.certificate, second.private_key)


def test_the_newer_certificate_is_the_one_that_runs_longer(authority: Authority) -> None:
    shorter, longer = (issue(authority, lifetime=days * DAY).certificate for days in (40, 41))
    assert certificates.is_newer(longer, shorter)
    assert not certificates.is_newer(shorter, longer)
    assert not certificates.is_newer(shorter, shorter)


def test_no_key_shows_where_a_value_is_printed(authority: Authority) -> None:
    assert "PRIVATE KEY" not in f"{authority!r} {issue(authority)!r}"
