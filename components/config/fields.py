"""Types of single values in the stack file: what each may be, and what the operator reads when it is not.

A value that a spec, a program's command line or a configuration file would choke on is refused here, by its
path in the stack file, before anything is created.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from components.model.external_keys import EXTERNAL_KEYS
from components.model.forms import CANONICAL_CPUS, is_canonical_cpus, is_plain_user
from components.model.images import is_pinned


def _text(holds: Callable[[str], bool], expected: str) -> AfterValidator:
    """A rule for text that the operator wrote: it must never end in a traceback."""

    def check(value: str) -> str:
        if not holds(value):
            raise ValueError(expected)
        return value

    return AfterValidator(check)


def _matches(pattern: str, expected: str) -> AfterValidator:
    whole = re.compile(pattern, re.ASCII)
    return _text(lambda value: bool(whole.fullmatch(value)), expected)


def _written(value: object) -> object:
    """Refuse a bare number, which `ipaddress` would take for an address: 5 for 0.0.0.5.

    As a ValueError: pydantic reports no other.
    """
    if isinstance(value, int | float):
        raise ValueError("text in the dotted form of IPv4")
    return value


def _machine(address: IPv4Address) -> IPv4Address:
    """Refuse an address of many or of none: a port published there would be open to everybody, or to nobody.

    0.0.0.0/8 is "this network" (RFC 1122).
    """
    unusable = (address.is_loopback, address.is_multicast, address.is_link_local, address.is_reserved)
    if any(unusable) or address.packed[0] == 0:
        raise ValueError("the address of one machine in the tailnet")
    return address


# Strict: otherwise `true` would be read as 1, and 1 or "yes" as true.
Count = Annotated[int, Field(strict=True, gt=0)]
Gibibytes = Annotated[int, Field(strict=True, ge=0)]
Mebibytes = Annotated[int, Field(strict=True, gt=0)]
Switch = Annotated[bool, Field(strict=True)]
TcpPort = Annotated[int, Field(strict=True, ge=1, le=65535)]

Written = BeforeValidator(_written)
MachineAddress = Annotated[IPv4Address, Written, AfterValidator(_machine)]

Cpus = Annotated[str, _text(is_canonical_cpus, CANONICAL_CPUS)]
User = Annotated[str, _text(is_plain_user, "numeric uid:gid, not root")]
Reference = Annotated[str, _text(is_pinned, "repository:tag@sha256:<64 hex digits>")]

HostKey = Annotated[
    str,
    _matches(r"ssh-ed25519 [A-Za-z0-9+/=]+", "a public key like ssh-ed25519 AAAA…, without comment"),
]
Account = Annotated[
    str,
    _matches(r"[A-Za-z_][\w.-]{0,31}", "an account's name: letters, digits and _ . -, at most 32"),
]
HostName = Annotated[
    str,
    _matches(
        r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
        "a DNS name like swarm.example.org, in lower case and without scheme and port",
    ),
]

ModelRepository = Annotated[
    str,
    # It becomes an argument of `vllm serve`, so it must not begin like an option.
    _matches(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", "owner/name of a model repository"),
]
ModelName = Annotated[
    str,
    _matches(r"[A-Za-z0-9][\w./:-]*", "a name of letters, digits and . _ / : -, beginning with the former"),
]
KvCacheDtype = Literal[
    "auto",
    "float16",
    "bfloat16",
    "fp8",
    "fp8_e4m3",
    "fp8_e5m2",
    "int8_per_token_head",
    "int4_per_token_head",
    "fp8_per_token_head",
]
"""Those of `vllm serve --kv-cache-dtype` that dense and mixture models can use on cards of these generations
(vllm/config/cache.py); the others need newer cards or other attention."""

AttentionBackend = Literal["FLASH_ATTN", "FLASHINFER", "TRITON_ATTN", "FLEX_ATTENTION"]
"""Those of vLLM for NVIDIA cards and models without latent attention (v1/attention/backends/registry.py)."""

RemoteModelName = Annotated[
    str,
    _matches(r"[A-Za-z0-9][\w./:-]*", "a provider's name of a model, like mistralai/mixtral-8x7b-instruct"),
]
Certificate = Annotated[
    str,
    _matches(
        r"|\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+",
        "certificates as PEM text, and nothing else",
    ),
]
TransitAddress = Annotated[
    str,
    # It goes into the server's configuration between quotes, and so do the two below.
    _matches(r"https://[A-Za-z0-9.-]+(:[1-9]\d{0,4})?", "an address like https://host:8200, without path"),
]
TransitKey = Annotated[
    str, _matches(r"[A-Za-z0-9][\w.-]*", "a name of letters, digits and . _ -, beginning with the former")
]
TransitMount = Annotated[
    str, _matches(r"([A-Za-z0-9][\w.-]*/)+", "where the transit engine is mounted, like transit/")
]
CloudName = Annotated[
    str,
    _matches(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", "letters, digits and -, at most 32, in lower case"),
]
CloudRegion = Annotated[str, _matches(r"[a-z0-9]+(-[a-z0-9]+)*", "a region's id like us-east4-eqdc4a")]
WorkspaceId = Annotated[
    str,
    _matches(
        r"(?!0{8}-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "a workspace's id: a UUID in lower case, and not all zeros",
    ),
]
Login = Annotated[
    str,
    _matches(r"[^\s@:\"]+@[^\s@:\"]+", "a login of the tailnet like name@example.org"),
]
ExternalKey = Annotated[str, _text(EXTERNAL_KEYS.__contains__, f"one of the keys {', '.join(EXTERNAL_KEYS)}")]
