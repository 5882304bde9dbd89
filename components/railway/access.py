"""Where the API is and what opens it: both come from the environment, never from settings or state."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from components.railway.errors import NotAuthorizedError, RefusedError

TOKEN_VARIABLE = "RAILWAY_API_TOKEN"  # noqa: S105 - the name of a variable
URL_VARIABLE = "RAILWAY_API_URL"
KIND = "a workspace token (workspace settings, Tokens)"
_OFFICIAL = "https://backboard.railway.com"
_OTHER_VARIABLE = "RAILWAY_TOKEN"
"""For Railway's own command line a project's token, for other tools a workspace's: not read here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An endpoint and the token for it."""

    url: str
    token: str = field(repr=False)
    local: bool
    """Whether it is this machine, so that no proxy stands between."""


def find_access(environment: Mapping[str, str]) -> Access:
    """What the environment says.

    A query string is part of the address, because Railway's edge slows requests without one down to ten a
    second (terraform-provider-railway issues 43 and 63).

    Raises:
        NotAuthorizedError: There is no token.
        RefusedError: The address is neither Railway's own nor this machine.
    """
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise NotAuthorizedError("token", missing_token(environment))
    base = environment.get(URL_VARIABLE, "").strip()
    if base and not _is_loopback(base):
        raise RefusedError(
            "endpoint",
            f"{URL_VARIABLE} must be an address of this machine, such as http://127.0.0.1:8080, got another",
        )
    return Access(
        url=f"{(base or _OFFICIAL).rstrip('/')}/graphql/v2?source=aiswarm", token=token, local=bool(base)
    )


def missing_token(environment: Mapping[str, str]) -> str:
    """What must hold of the token, and what was found instead."""
    found = f"only {_OTHER_VARIABLE}, which is not read" if environment.get(_OTHER_VARIABLE) else "none"
    return f"{TOKEN_VARIABLE} must be set in the environment to {KIND}, got {found}"


def _is_loopback(base: str) -> bool:
    try:
        url = httpx.URL(base)
        return url.scheme == "http" and ipaddress.ip_address(url.host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False
