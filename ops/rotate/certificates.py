"""New certificates: of the Vault server from its own authority, of the front door from the operator."""

from __future__ import annotations

import datetime
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from components.config.settings import NAMESPACE
from components.model.problems import Problem
from ops import certificates, configuration
from ops.certificates import Authority, Certificate
from ops.rotate.errors import RotationError
from ops.rotate.proofs import Verdict
from ops.rotate.targets import TLS, VAULT_TLS, Target, consumers, server
from ops.stack import EngineError, Stack

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Place:
    """Where a certificate stands in the stack file, and where it is shown."""

    certificate: str
    private_key: str
    port: str
    """Name of the service's port."""


_PLACES = {
    VAULT_TLS: Place("vault.certificate", "vault_private_key", "https"),
    TLS: Place("tls_certificate", "tls_private_key", "https"),
}


class CertificateChange:
    """Another certificate, which is proven by the server showing it: only who has its key can."""

    def __init__(self, stack: Stack, target: Target, pair: Certificate) -> None:
        self.target = target
        self._stack, self._pair, self._place = stack, pair, _PLACES[target.name]
        spec = consumers(stack, target.name)[0]
        self._at = (str(stack.nodes[spec.node].address), spec.published_port(self._place.port))
        self._where = f"{spec.full_name}: {self._at[0]}:{self._at[1]}"
        try:
            self._before = served(*self._at)
        except OSError as error:
            raise RotationError(
                f"{self._where}: must answer before its certificate is rotated, got {error}"
                "; nothing was changed"
            ) from error

    def write(self) -> None:
        """Write key and certificate.

        Raises:
            RotationError: The second of the two could not be written.
        """
        _write(self._stack, self.target.name, self._pair)

    def is_made(self) -> bool:
        """The stack file holds it already."""
        return True

    def prove(self) -> tuple[Verdict, ...]:
        """Look at the certificate that is shown."""
        try:
            shown = served(*self._at)
        except OSError as error:
            return (Verdict(self._where, "not shown", f"not shown: {error}", proven=False),)
        wanted = ssl.PEM_cert_to_DER_cert(first(self._pair.certificate))
        old = "still shown" if shown == self._before else "no longer shown"
        new = f"shown, serial {_serial(shown)}" if shown == wanted else "not shown yet"
        return (Verdict(self._where, old, new, proven=shown == wanted != self._before),)


def served(host: str, port: int) -> bytes:
    """The certificate that a server shows, as DER; unverified, because it is compared with a known one.

    Raises:
        OSError: No TLS connection.
    """
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as connection,
        anyone.wrap_socket(connection, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def first(chain: str) -> str:
    """The server's own certificate of a chain."""
    end = "-----END CERTIFICATE-----"
    return chain[: chain.index(end) + len(end)] + "\n"


def given(certificate: Path | None, private_key: Path | None) -> Certificate:
    """The front door's next pair as the operator hands it over.

    Raises:
        RotationError: A file is missing, or the two do not belong together; nothing was changed.
    """
    files = {"--certificate": certificate, "--private-key": private_key}
    missing = [Problem(option, "must name a file") for option, file in files.items() if file is None]
    if certificate is None or private_key is None:
        raise _refused(missing)
    pair = Certificate(_read(certificate), _read(private_key))
    if not certificates.matches(pair.certificate, pair.private_key):
        raise _refused([Problem(str(private_key), f"must be the private key of {certificate} as PEM text")])
    return pair


def issued(stack: Stack, folder: Path) -> Certificate:
    """The Vault server's next pair, signed by the authority that its clients trust already.

    Raises:
        RotationError: The folder does not hold that authority; nothing was changed.
    """
    authority = Authority(_read(folder / "ca.pem"), _read(folder / "ca.key"))
    problems = []
    if authority.certificate.split() != stack.settings.vault.ca_certificate.split():
        path = f"{NAMESPACE}:vault.ca_certificate"
        problems.append(
            Problem(str(folder / "ca.pem"), f"must be the authority in {path}", "another or none")
        )
    if not certificates.matches(authority.certificate, authority.private_key):
        problems.append(Problem(str(folder / "ca.key"), "must be the private key of ca.pem beside it"))
    if problems:
        raise _refused(problems)
    return certificates.issue_for_vault(authority, _address(stack))


def is_usable(stack: Stack) -> bool:
    """Whether anybody may trust the certificate that the stack file has for the Vault server.

    With another one `pulumi up` refuses to start, and a server that shows it is not healthy either.
    """
    vault = stack.settings.vault
    return certificates.is_valid(
        vault.certificate,
        vault.ca_certificate,
        (_address(stack), *certificates.VAULT_ADDRESSES),
        certificates.VAULT_NAMES,
        soon=datetime.timedelta(),
    )


def renew(stack: Stack, folder: Path) -> None:
    """Put another certificate of the same authority into the stack file, whatever the server shows.

    Raises:
        RotationError: The folder does not hold that authority, or only half of the pair was written.
        EngineError: The engine refused; nothing was changed.
    """
    _write(stack, VAULT_TLS, issued(stack, folder))


def _write(stack: Stack, name: str, pair: Certificate) -> None:
    place = _PLACES[name]
    configuration.set_text(stack.name, place.private_key, pair.private_key, secret=True)
    try:
        configuration.set_text(stack.name, place.certificate, pair.certificate, secret=False)
    except EngineError as error:
        raise RotationError(
            f"{name}: the stack file has the new private key and the old certificate: {error}"
            "\nrun this command again before any `pulumi up`, which refuses such a pair"
        ) from error


def begin(stack: Stack, folder: Path) -> None:
    """Make a stack's first authority and the server's first certificate, and put both into the stack file.

    Raises:
        RotationError: The folder holds an authority already, which something may trust; nothing was changed.
        EngineError: The engine refused; run it again with another folder.
    """
    files = [folder / "ca.pem", folder / "ca.key"]
    if there := [file for file in files if file.exists()]:
        raise _refused([Problem(str(file), "must not exist yet", "a file") for file in there])
    authority = certificates.make_authority(f"AI swarm {stack.name} vault authority")
    pair = certificates.issue_for_vault(authority, _address(stack))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file, text in zip(files, (authority.certificate, authority.private_key), strict=True):
        file.touch(mode=0o600)
        file.write_text(text)
    place = _PLACES[VAULT_TLS]
    configuration.set_text(stack.name, place.private_key, pair.private_key, secret=True)
    configuration.set_text(stack.name, place.certificate, pair.certificate, secret=False)
    configuration.set_text(stack.name, "vault.ca_certificate", authority.certificate, secret=False)


def _address(stack: Stack) -> str:
    spec = server(stack)
    if spec is None:
        raise RotationError(f"stack {stack.name}: must have a Vault server")
    return str(stack.nodes[spec.node].address)


def _serial(shown: bytes) -> str:
    return f"{x509.load_der_x509_certificate(shown).serial_number:x}"


def _read(file: Path) -> str:
    """A file's text, empty where there is none: the caller says what must be in it."""
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _refused(problems: list[Problem]) -> RotationError:
    return RotationError("\n".join(["nothing was changed:", *(f"  {problem}" for problem in problems)]))
