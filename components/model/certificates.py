"""Whether a certificate and a private key belong together."""

from __future__ import annotations

import importlib


def matches(certificate: str, private_key: str) -> bool:
    """Whether the first certificate of the text holds the public half of the key; False for any other text.

    The library is loaded on the first call: a preview has no key to ask about, and is spared its time.
    """
    x509 = importlib.import_module("cryptography.x509")
    serialization = importlib.import_module("cryptography.hazmat.primitives.serialization")
    try:
        public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        private = serialization.load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError):  # the latter for a key with a passphrase
        return False
    return bool(private.public_key() == public)
