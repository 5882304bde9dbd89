"""Whether a certificate belongs to a private key, and what clients of its authority would refuse about it.

The library is loaded on the first call: a preview asks nothing of all this, and is spared its time.
"""

from __future__ import annotations

import datetime
import importlib
import ipaddress
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

RENEWED_BEFORE = datetime.timedelta(days=30)
"""A certificate with less than this left is to be replaced."""

_NOW = datetime.timedelta()


@dataclass(frozen=True, slots=True)
class Flaw:
    """One reason why clients refuse a certificate, in the words of a problem."""

    expected: str
    got: str


def matches(certificate: str, private_key: str) -> bool:
    """Whether the text's first certificate holds the public half of the key; False for any other text."""
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    try:
        public = _x509().load_pem_x509_certificate(certificate.encode()).public_key()
        private = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError):  # the latter for a key with a passphrase
        return False
    return bool(private.public_key() == public)


def find_flaws(
    certificate: str,
    authority: str,
    addresses: Collection[str],
    names: Collection[str],
    *,
    soon: datetime.timedelta = _NOW,
) -> list[Flaw]:
    """Say why clients of the authority would refuse the server under one of its names, now or after `soon`.

    Args:
        certificate: The server's own as PEM text; those between it and its authority may follow.
        authority: One or more that the clients trust.
    """
    try:
        own, *between = _x509().load_pem_x509_certificates(certificate.encode())
        trusted = _x509().load_pem_x509_certificates(authority.encode())
        return [
            *_flaws_of_chain(_chain(own, between, trusted), soon),
            *_flaws_of_names(own, {ipaddress.ip_address(address) for address in addresses} | set(names)),
        ]
    except ValueError:
        return [Flaw("must be a certificate that can be read, like its authority", "something else")]


def _flaws_of_chain(chain: Sequence[Certificate], soon: datetime.timedelta) -> Iterator[Flaw]:
    if len(chain) < 2:
        yield Flaw("must be signed by the authority that its clients trust", "another signer")
    now = datetime.datetime.now(datetime.UTC)
    when = f"for {soon.days} days more" if soon else "now"
    for each in chain:
        begin, end = each.not_valid_before_utc, each.not_valid_after_utc
        if not begin <= now <= now + soon < end:
            whose = "" if each is chain[0] else "its signer's "
            yield Flaw(f"must be valid {when}", f"{whose}{begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC")


def _flaws_of_names(own: Certificate, wanted: set[Any]) -> Iterator[Flaw]:
    x509 = _x509()
    try:
        told = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        yield Flaw("must name its server as an alternative name", "none")
        return
    found = {*told.get_values_for_type(x509.IPAddress), *told.get_values_for_type(x509.DNSName)}
    if missing := wanted - found:
        got = ", ".join(sorted(map(str, found)))
        yield Flaw(f"must name {' and '.join(sorted(map(str, missing)))}", got or "none")


def _chain(
    own: Certificate, between: Sequence[Certificate], trusted: Sequence[Certificate]
) -> list[Certificate]:
    """The certificate and its signers up to a trusted one; the first alone if there is no such way."""
    chain = [own]
    while not (signer := _signer(chain[-1], trusted)):
        step = _signer(chain[-1], [each for each in between if each not in chain])
        if step is None:
            return [own]
        chain.append(step)
    return [*chain, signer]


def _signer(signed: Certificate, candidates: Sequence[Certificate]) -> Certificate | None:
    """The one that signed it, of several that did the one that lives longest."""
    found = [each for each in candidates if _has_signed(each, signed)]
    return max(found, key=lambda each: each.not_valid_after_utc, default=None)


def _has_signed(signer: Certificate, signed: Certificate) -> bool:
    exceptions = importlib.import_module("cryptography.exceptions")
    try:
        signed.verify_directly_issued_by(signer)
    except (ValueError, TypeError, exceptions.InvalidSignature, exceptions.UnsupportedAlgorithm):
        return False
    return True


def _x509() -> Any:  # noqa: ANN401 - a module
    return importlib.import_module("cryptography.x509")
