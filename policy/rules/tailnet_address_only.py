"""Ports are published on the node's address in the tailnet and on no other.

Docker writes its own firewall rules before those of the host, so a port on all addresses is open to the
internet whatever the host's firewall says. An absent address is every address, and one on the node's
loopback address needs an exception.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.ports import published
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

_FIX = "publish it on the address of the node's docker provider"


def check_addresses(container: Resource) -> Iterator[Problem]:
    """Demand the provider's own address, letter by letter."""
    for port in published(container):
        if not port.ip or port.ip != container.host():
            expected = f"must be {container.host() or 'the address of a node'}, the node's own"
            got = repr(port.ip) if port.ip else "none, which is every address"
            yield container.problem(f"{port.path}.ip", expected, got, _FIX)


RULE = ResourceRule(
    id="NET-001",
    name="tailnet-address-only",
    description="Ports are published on the node's address in the tailnet and on no other.",
    severity=Severity.HIGH,
    frameworks=("CIS 5.14", "KICS 451d79dc", "OWASP 5a"),
    remediation="Set `ip` of each port to the node's address.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_addresses,)},
)
