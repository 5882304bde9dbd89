"""Every container is on a network that was made for it, not on Docker's shared default bridge.

On that one, everything reaches everything that other programs of the host put there. After the provider's
own check `networkMode` reads `bridge` even where networks are listed, so only the list counts; a container
without any network needs none.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import ResourceRule

DEFAULTS = frozenset({"", "bridge", "default", "host"})
"""Networks that are there without being made."""

_FIX = "name the node's network in networksAdvanced"


def check_networks(container: Resource) -> Iterator[Problem]:
    """Demand a named network, and no default one."""
    networks = container.fields.objects("networksAdvanced")
    if not networks and container.fields.text("networkMode") != "none":
        yield container.problem("networksAdvanced", "must name a network", "none", _FIX)
    for network in networks:
        name = network.text("name")
        if name is None or name in DEFAULTS:
            got = "none" if name is None else repr(name)
            yield container.problem(network.path("name"), "must be a network of its own", got, _FIX)


RULE = ResourceRule(
    id="CTR-018",
    name="named-network",
    description="Containers are on a network that was made for them.",
    severity=Severity.MEDIUM,
    frameworks=("CIS 5.30", "KICS ce14a68b", "OWASP 5"),
    remediation="Name the node's network in `networksAdvanced`.",
    level=EnforcementLevel.MANDATORY,
    checks={CONTAINER: (check_networks,)},
)
