"""Who works on a graphics card is known, and each engine says how much of the card it takes.

An engine that says nothing takes 90 % of whatever is there (vLLM's default), so that the second one on the
card does not start. A program that nobody planned for takes memory which the engines count on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from pulumi_policy import EnforcementLevel, Severity

from .support.engines import SHARE, WATCHERS, amount, card_of, is_engine, is_watcher, uses_card
from .support.nodes import Nodes, name_at, nodes_of
from .support.problems import Problem
from .support.resources import CONTAINER, Resource
from .support.rule import Placed, StackRule, guarded


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every container that takes a card in another way than was planned."""
    users = [each for each in resources if each.type == CONTAINER and (uses_card(each) or is_engine(each))]
    nodes = nodes_of(resources) if users else {}
    for container in users:
        for check in (check_share, check_user, partial(check_card, nodes=nodes)):
            yield from ((container.urn, problem) for problem in guarded(check, container))


def check_share(container: Resource) -> Iterator[Problem]:
    """Demand that an engine says its share."""
    if not is_engine(container):
        return
    share = amount(container, SHARE)
    if share is None or not 0 < share < 1:
        got = "none" if share is None else f"{float(share):g}"
        yield container.problem(
            f"command {SHARE}", "must be a part of the card, between 0 and 1", got, "set it"
        )


def check_user(container: Resource) -> Iterator[Problem]:
    """Refuse whoever is neither an engine nor known to keep nothing on the card."""
    if not is_engine(container) and not is_watcher(container):
        expected = f"must be handed to an engine or to {' or '.join(sorted(WATCHERS))}"
        fix = "plan its memory in policy/rules/support/engines.py"
        yield container.problem("gpus", expected, "another service", fix)


def check_card(container: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand one card that its node has."""
    name = name_at(nodes, container.host())
    if name is not None and not is_watcher(container):
        card_of(container, nodes[name])
    elif name is not None and not nodes[name].cards_mib:
        yield container.problem("gpus", "must be on a node with a graphics card", f"none on {name}")


RULE = StackRule(
    id="CAP-004",
    name="users-of-card",
    description="Who works on a graphics card is known, and each engine says its share.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Give each engine `--gpu-memory-utilization`, and the card to nobody else.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
