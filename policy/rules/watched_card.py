"""A card that computes is watched on the same node.

A card at its limit slows down by itself, which callers see as slow answers and nobody as heat. At which
temperature work is taken from it is not in any resource that a preview shows, and is not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import EnforcementLevel, Severity

from .support.engines import engines, is_watcher, uses_card
from .support.problems import UnreadableError
from .support.resources import CONTAINER, Resource
from .support.rule import Placed, StackRule

_FIX = "add a monitor with the card on that node"


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every engine with a card on a host where nobody watches cards."""
    watched = {_host(each) for each in resources if each.type == CONTAINER and _watches(each)}
    for engine in engines(resources):
        if uses_card(engine) and (_host(engine) is None or _host(engine) not in watched):
            yield engine.urn, engine.problem("gpus", "must be watched on the same host", "no monitor", _FIX)


def _watches(container: Resource) -> bool:
    """Nothing that cannot be read watches."""
    try:
        return uses_card(container) and is_watcher(container)
    except UnreadableError:
        return False


def _host(container: Resource) -> str | None:
    try:
        return container.host()
    except UnreadableError:
        return None


RULE = StackRule(
    id="CAP-006",
    name="watched-card",
    description="A card that computes is watched on the same node.",
    severity=Severity.MEDIUM,
    frameworks=(),
    remediation="Run a monitor with the card on every node that has an engine.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
