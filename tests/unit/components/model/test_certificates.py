"""What is said of a certificate that clients would refuse."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from components.model.certificates import Flaw, find_flaws
from ops import certificates
from ops.certificates import Authority

ADDRESS = "198.18.0.11"
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return certificates.make_authority("an authority")


def issued(authority: Authority, *, days: int = 365) -> str:
    return certificates.issue(
        authority, common_name="vault", addresses=(ADDRESS,), names=("vault",), lifetime=days * DAY
    ).certificate


def signed_by(root: Authority) -> Authority:
    """An authority between the root and the servers, as companies have them."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = x509.load_pem_x509_certificate(root.certificate.encode())
    signing_key = serialization.load_pem_private_key(root.private_key.encode(), None)
    assert isinstance(signing_key, ec.EllipticCurvePrivateKey)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "between")]))
        .issuer_name(signer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(signer.not_valid_before_utc)
        .not_valid_after(signer.not_valid_after_utc)
        .sign(signing_key, hashes.SHA256())
    )
    return Authority(
        made.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )


def test_a_servers_own_certificate_is_without_flaw(authority: Authority) -> None:
    assert find_flaws(issued(authority), authority.certificate, (ADDRESS,), ("vault",)) == []


def test_all_flaws_come_at_once(authority: Authority) -> None:
    other = certificates.make_authority("another").certificate
    signer, life, names = find_flaws(
        issued(authority, days=1), other, (ADDRESS, "198.18.0.12"), ("vault", "localhost"), soon=30 * DAY
    )
    assert signer == Flaw("must be signed by the authority that its clients trust", "another signer")
    assert life.expected == "must be valid for 30 days more"
    assert names == Flaw("must name 198.18.0.12 and localhost", f"{ADDRESS}, vault")


def test_an_ended_certificate_is_told_with_its_time(authority: Authority) -> None:
    (flaw,) = find_flaws(issued(authority, days=0), authority.certificate, (ADDRESS,), ())
    today = f"{datetime.datetime.now(datetime.UTC):%Y-}"
    assert flaw.expected == "must be valid now"
    assert flaw.got.startswith(today)
    assert flaw.got.endswith(" UTC")


def test_a_signer_that_ends_is_named_as_such() -> None:
    brief = certificates.make_authority("brief", lifetime=DAY)
    own, signer = find_flaws(issued(brief), brief.certificate, (), (), soon=2 * DAY)
    assert not own.got.startswith("its signer's")
    assert signer.got.startswith("its signer's")


def test_a_chain_leads_to_the_authority_and_a_gap_does_not(authority: Authority) -> None:
    between = signed_by(authority)
    own = issued(between)
    assert find_flaws(own + between.certificate, authority.certificate, (ADDRESS,), ()) == []
    assert len(find_flaws(own, authority.certificate, (ADDRESS,), ())) == 1


def test_one_of_several_authorities_is_enough(authority: Authority) -> None:
    other = certificates.make_authority("another").certificate
    assert find_flaws(issued(authority), other + authority.certificate, (ADDRESS,), ()) == []


@pytest.mark.parametrize("broken", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_told_without_being_shown(authority: Authority, broken: str) -> None:
    flaw = Flaw("must be a certificate that can be read, like its authority", "something else")
    assert find_flaws(broken, authority.certificate, (), ()) == [flaw]
    assert find_flaws(issued(authority), broken, (), ()) == [flaw]
