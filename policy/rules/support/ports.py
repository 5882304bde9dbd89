"""Ports that containers open on their hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .resources import Resource


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """One entry of a container's `ports`."""

    path: str
    """Where it stands, e.g. `ports[0]`."""

    ip: str | None
    number: int | None
    """On the host; None where Docker would choose one."""

    protocol: str

    def __str__(self) -> str:
        """For a message, e.g. `6379/tcp`."""
        return f"{self.number or 'any'}/{self.protocol}"


def published(container: Resource) -> Iterator[PublishedPort]:
    """The ports, where nothing was said with Docker's own defaults.

    Raises:
        UnreadableError: One of them cannot be read.
    """
    for port in container.fields.objects("ports"):
        number = port.number("external")
        yield PublishedPort(
            port.path("external").removesuffix(".external"),
            port.text("ip"),
            int(number) if number else None,
            (port.text("protocol") or "tcp").lower(),
        )
