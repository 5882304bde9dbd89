"""Open WebUI's sessions: JSON Web Tokens signed with its secret key (HS256, RFC 7519)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

LIFE_SECONDS = 28 * 24 * 3600
_HEADER = {"alg": "HS256", "typ": "JWT"}


def issue(claims: dict[str, Any], key: str) -> str:
    """Sign what is said of somebody."""
    expiring = {**claims, "exp": int(time.time()) + LIFE_SECONDS}
    head = ".".join(_encode(json.dumps(part).encode()) for part in (_HEADER, expiring))
    return f"{head}.{_sign(head, key)}"


def read(token: str, key: str) -> dict[str, Any] | None:
    """What a token says; None where another key signed it, or its time is over."""
    head, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_sign(head, key).encode(), signature.encode()):
        return None
    try:
        claims = json.loads(_decode(head.partition(".")[2]))
    except (ValueError, binascii.Error):
        return None
    return dict(claims) if claims.get("exp", 0) > time.time() else None


def _sign(head: str, key: str) -> str:
    return _encode(hmac.digest(key.encode(), head.encode(), hashlib.sha256))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
