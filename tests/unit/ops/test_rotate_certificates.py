"""New certificates: from the right authority, for the right key, and proven by the server that shows them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops import certificates as authorities
from ops import configuration
from ops.certificates import Certificate
from ops.rotate import certificates
from ops.rotate.certificates import CertificateChange
from ops.rotate.errors import RotationError
from ops.rotate.targets import rotatable
from ops.stack import Stack
from tests.unit.ops.stack_file import File

AUTHORITY = authorities.make_authority("test")


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> File:
    file = File()
    monkeypatch.setattr(configuration, "set_text", file.set_text)
    return file


def issue() -> Certificate:
    return authorities.issue(AUTHORITY, common_name="test", addresses=("127.0.0.1",), names=())


@contextmanager
def showing(pair: Certificate, folder: Path) -> Iterator[int]:
    """A TLS server with this certificate, for one client; its port."""
    (folder / "pair.pem").write_text(pair.certificate + pair.private_key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def serve() -> None:
            connection, _ = server.accept()
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join()


def test_the_certificate_that_a_server_shows(tmp_path: Path) -> None:
    pair = issue()

    with showing(pair, tmp_path) as port:
        shown = certificates.served("127.0.0.1", port)

    assert shown == ssl.PEM_cert_to_DER_cert(certificates.first(pair.certificate + AUTHORITY.certificate))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Certificate]:
    """What the server shows; the last one counts."""
    list_of = [issue()]
    monkeypatch.setattr(certificates, "served", lambda *_: ssl.PEM_cert_to_DER_cert(list_of[-1].certificate))
    return list_of


@pytest.mark.parametrize(
    ("name", "key_path", "certificate_path"),
    [
        ("vault-tls", "vault_private_key", "vault.certificate"),
        ("tls", "tls_private_key", "tls_certificate"),
    ],
)
def test_a_certificate_is_changed(
    lab_stack: Stack,
    file: File,
    shown: list[Certificate],
    name: str,
    key_path: str,
    certificate_path: str,
) -> None:
    pair = issue()
    change = CertificateChange(lab_stack, rotatable(lab_stack)[name], pair)

    change.write()

    assert file.written == [
        (key_path, "-----BEGIN PRIVATE KEY-----", True),
        (certificate_path, "-----BEGIN CERTIFICATE-----", False),
    ]
    assert [(verdict.old, verdict.proven) for verdict in change.prove()] == [("still shown", False)]
    shown.append(pair)
    assert [(verdict.old, verdict.proven) for verdict in change.prove()] == [("no longer shown", True)]


@pytest.mark.usefixtures("shown")
def test_half_a_certificate_is_told_with_the_way_on(lab_stack: Stack, file: File) -> None:
    file.refuses = "tls_certificate"
    change = CertificateChange(lab_stack, rotatable(lab_stack)["tls"], issue())

    with pytest.raises(RotationError, match="new private key and the old certificate") as caught:
        change.write()

    assert "run this command again before any `pulumi up`" in str(caught.value)


def test_an_operators_pair_must_belong_together(tmp_path: Path) -> None:
    pair, other = issue(), issue()
    chain, key = tmp_path / "chain.pem", tmp_path / "chain.key"
    chain.write_text(pair.certificate)
    key.write_text(pair.private_key)

    assert certificates.given(chain, key).certificate == pair.certificate

    key.write_text(other.private_key)
    with pytest.raises(RotationError, match=rf"{key}: must be the private key of {chain}") as caught:
        certificates.given(chain, key)
    assert "PRIVATE KEY" not in str(caught.value)


def test_both_files_of_a_pair_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(RotationError, match="--private-key: must name a file"):
        certificates.given(tmp_path / "chain.pem", None)


def trusting(stack: Stack, certificate: str) -> Stack:
    vault = stack.settings.vault.model_copy(update={"ca_certificate": certificate})
    return Stack(stack.name, stack.settings.model_copy(update={"vault": vault}), stack.services)


def test_the_vault_servers_pair_comes_from_its_own_authority(lab_stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(AUTHORITY.certificate)
    (tmp_path / "ca.key").write_text(AUTHORITY.private_key)

    pair = certificates.issued(trusting(lab_stack, AUTHORITY.certificate.strip()), tmp_path)

    assert authorities.is_valid(
        pair.certificate, AUTHORITY.certificate, ("198.18.0.11", "127.0.0.1"), ("localhost",)
    )
    with pytest.raises(RotationError, match=r"must be the authority in aiswarm:vault\.ca_certificate"):
        certificates.issued(trusting(lab_stack, issue().certificate), tmp_path)


def test_every_problem_of_an_authority_is_told_at_once(lab_stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(RotationError) as caught:
        certificates.issued(trusting(lab_stack, AUTHORITY.certificate), tmp_path)

    assert str(caught.value).splitlines() == [
        "nothing was changed:",
        f"  {tmp_path}/ca.pem: must be the authority in aiswarm:vault.ca_certificate, got another or none",
        f"  {tmp_path}/ca.key: must be the private key of ca.pem beside it",
    ]


def test_the_first_authority(lab_stack: Stack, file: File, tmp_path: Path) -> None:
    folder = tmp_path / "authority"

    certificates.begin(lab_stack, folder)

    assert [path for path, *_ in file.written] == [
        "vault_private_key", "vault.certificate", "vault.ca_certificate",
    ]  # fmt: skip
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(RotationError, match=r"ca\.key: must not exist yet"):
        certificates.begin(lab_stack, folder)


def test_a_certificate_is_usable_for_the_servers_names_alone(lab_stack: Stack) -> None:
    address = str(lab_stack.nodes["oracle"].address)

    def usable(pair: Certificate) -> bool:
        found = trusting(lab_stack, AUTHORITY.certificate)
        vault = found.settings.vault.model_copy(update={"certificate": pair.certificate})
        settings = found.settings.model_copy(update={"vault": vault})
        return certificates.is_usable(Stack(found.name, settings, found.services))

    assert usable(authorities.issue_for_vault(AUTHORITY, address))
    assert not usable(authorities.issue_for_vault(AUTHORITY, "198.18.0.99"))
    assert not usable(issue())


def test_another_pair_is_written_whatever_the_server_shows(
    lab_stack: Stack, file: File, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text(AUTHORITY.certificate)
    (tmp_path / "ca.key").write_text(AUTHORITY.private_key)

    certificates.renew(trusting(lab_stack, AUTHORITY.certificate), tmp_path)

    assert [path for path, *_ in file.written] == ["vault_private_key", "vault.certificate"]
