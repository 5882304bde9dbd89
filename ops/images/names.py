"""Where an image lies, read from its name as Docker reads it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from components.model.problems import Problem

HUB: Final = "docker.io"
_HUB_ADDRESS: Final = "https://registry-1.docker.io"
"""Docker Hub's name is not its address (distribution's reference library)."""

_LAB: Final = IPv4Network("198.18.0.0/15")
"""Reserved for tests of networks (RFC 2544): no registry but a lab's is there."""


@dataclass
class ImageError(Exception):
    """One image cannot be locked, or its lock is broken."""

    problem: Problem

    def __str__(self) -> str:
        """The one line that an operator reads."""
        return str(self.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An image in a registry."""

    tagged: str
    """As the catalogue has it, e.g. `grafana/grafana:13.2.3`."""

    host: str
    repository: str
    tag: str


def locate(tagged: str) -> Place:
    """Take an image's name apart: a first part with a dot or a port, or `localhost`, is a registry."""
    path, _, tag = tagged.rpartition(":")
    first, slash, rest = path.partition("/")
    if slash and (first == "localhost" or any(mark in first for mark in ".:")):
        return Place(tagged=tagged, host=first, repository=rest, tag=tag)
    return Place(tagged=tagged, host=HUB, repository=path if slash else f"library/{path}", tag=tag)


def address_of(host: str, given: dict[str, str]) -> str:
    """Where a registry is asked: at the address that the operator gave for it, else at its own over TLS."""
    return given.get(host, _HUB_ADDRESS if host == HUB else f"https://{host}")


def parse_registries(options: list[str]) -> tuple[dict[str, str], list[Problem]]:
    """The operator's `HOST=ADDRESS` by host, and what is wrong with them.

    Nothing vouches for what a tag means but the connection, so plain HTTP is for a registry on this machine
    or in a lab alone.
    """
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for option in options:
        host, separator, address = option.partition("=")
        if not (host and separator and _may_be_asked(address)):
            expected = "must be HOST=https://ADDRESS; http:// is for this machine and the lab alone"
            problems.append(Problem("--registry", expected, repr(option)))
        found[host] = address.rstrip("/")
    return found, problems


def _may_be_asked(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return bool(host)
        return parts.scheme == "http" and (host == "localhost" or _is_local(host))
    except ValueError:
        return False


def _is_local(host: str) -> bool:
    address = ip_address(host)
    return address.is_loopback or address in ip_network(_LAB)
