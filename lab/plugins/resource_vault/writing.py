"""What differs in writing only: JSON texts, sets and network addresses. For the lab only."""

from __future__ import annotations

import ipaddress
import json


def json_value(text: object) -> object:
    """The value of a JSON text, so that neither order of keys nor spaces count; no JSON stands for itself."""
    try:
        return json.loads(str(text))
    except ValueError:
        return text


def json_object(text: str | None) -> dict[str, object] | None:
    """The object that a JSON text holds, or None where it holds something else."""
    value = json_value(text)
    return value if isinstance(value, dict) else None


def as_set(texts: object) -> object:
    """Texts whose order and repetition say nothing."""
    return sorted({str(text) for text in texts}) if isinstance(texts, list) else texts


def networks(texts: object) -> object:
    """Networks as a set, single addresses with their prefix.

    The server strips /32 and /128 from `token_bound_cidrs`, but not from `secret_id_bound_cidrs` (seen with
    OpenBao 2.7.2); upstream puts it back (terraform-provider-vault, vault/auth_token.go).
    """
    return as_set([_with_prefix(str(text)) for text in texts]) if isinstance(texts, list) else texts


def _with_prefix(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return f"{address}/{address.max_prefixlen}"
