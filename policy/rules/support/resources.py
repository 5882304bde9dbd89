"""What a rule knows of a resource, the same for a rule on one resource and for a rule on the whole stack."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .fields import Fields
from .problems import Problem, UnreadableError

COMMAND = "command:remote:Command"
LOCAL_COMMAND = "command:local:Command"
CONTAINER = "docker:index/container:Container"
BUILT_IMAGE = "docker:index/image:Image"
NETWORK = "docker:index/network:Network"
REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage"
VOLUME = "docker:index/volume:Volume"

GATEWAY_NODE = "aiswarm:index:OracleNode"
RAILWAY_PROJECT = "aiswarm:index:RailwayProject"
RAILWAY = "pulumi-python:dynamic/railway:"
"""Beginning of the type of everything at Railway."""

RAILWAY_SETTINGS = f"{RAILWAY}Settings"
RAILWAY_VARIABLES = f"{RAILWAY}Variables"
STACK = "pulumi:pulumi:Stack"

NODE_LABEL = "aiswarm.node"
SERVICE_LABEL = "aiswarm.service"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as declared, all values plain."""

    type: str
    name: str
    fields: Fields
    urn: str = ""
    provider: Fields | None = None
    """Settings of the provider that the resource is made with; None when it has none."""

    dependencies: frozenset[str] = field(default_factory=frozenset)
    """URNs that it waits for; known to rules on the whole stack only."""

    secrets: frozenset[str] = field(default_factory=frozenset)
    """Paths of the inputs that are marked as secret, e.g. `connection.password`."""

    protected: bool = False
    """Whether the engine refuses to remove it."""

    def problem(self, path: str, expected: str, got: str, fix: str = "") -> Problem:
        """A problem of one of this resource's fields; the path names resource and node."""
        return Problem(f"{self.name}.{path} on {self._place()}", expected, got, fix)

    def is_secret(self, path: str) -> bool:
        """Tell whether an input is marked as secret, by itself or as part of what is."""
        return any(mark == path or path.startswith((f"{mark}.", f"{mark}[")) for mark in self.secrets)

    def node(self) -> str | None:
        """Name of the node that the resource says it is on; None without the label.

        Raises:
            UnreadableError: The labels cannot be read.
        """
        return self.label(NODE_LABEL)

    def label(self, name: str) -> str | None:
        """Value of one of the resource's labels; None without it.

        Raises:
            UnreadableError: The labels cannot be read.
        """
        for label in self.fields.objects("labels"):
            if label.text("label") == name:
                return label.text("value")
        return None

    def host(self) -> str | None:
        """Host name or address of the Docker engine that the resource is made on; None for a local engine.

        Raises:
            UnreadableError: The provider's address is unknown.
        """
        address = self.provider.text("host") if self.provider is not None else None
        # Only the host: an address may carry a user's password.
        return urlsplit(address).hostname if address else None

    def _place(self) -> str:
        """The node by its label; images carry none and are placed by their host."""
        name = host = None
        with suppress(UnreadableError):
            name = self.node()
        with suppress(UnreadableError):
            host = self.host()
        if name:
            return f"node {name}"
        return f"host {host}" if host else "an unnamed node"
