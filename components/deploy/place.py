"""Where a service runs: what all services of one node share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.config.settings import NodeSettings
from components.deploy.secrets import Secrets


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node as its services see it."""

    node: NodeSettings
    network: pulumi.Output[str]
    """Name of the node's Docker network, as an output of the network itself: the engine deletes a dependant
    first only where a property that changes leads to it, not for a mere `depends_on`."""

    secrets: Secrets
    secret_volumes: Mapping[str, pulumi.Output[str]]
    """Docker's name of the volume in memory that holds a service's secret files, by its short name."""

    stack: str
