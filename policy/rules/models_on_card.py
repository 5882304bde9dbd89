"""What the engines of a card promise fits on it, and each model fits into its engine's share.

An engine does not start unless its whole share is free at that moment (vLLM, v1/worker/gpu_worker.py), and
what CUDA takes for each process lies outside of all shares. From its share an engine takes the weights that
are not kept in host memory and its working memory; what is left becomes the cache.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction

from pulumi_policy import EnforcementLevel, Severity

from .support.engines import OFFLOAD, SHARE, amount, card_of, engines, model_of
from .support.nodes import Nodes, name_at, nodes_of
from .support.problems import Problem, UnreadableError
from .support.resources import Resource
from .support.rule import Placed, StackRule, guarded

PROCESS_MIB = 512
"""What CUDA takes for each process before an engine measures."""

REPORTED = Fraction(978, 1000)
"""Part of a card's nominal memory that CUDA reports: 9.78 of 10 GiB on an RTX 3080."""

Cards = dict[tuple[str, int], dict[str, Fraction]]
"""Shares by engine, by node and number of the card."""


def judge(resources: Sequence[Resource]) -> Iterator[Placed]:
    """Every card that is promised twice, and every model that does not fit."""
    found = engines(resources)
    nodes = nodes_of(resources) if found else {}
    for container in found:
        for problem in guarded(lambda each: check_model(each, nodes), container):
            yield container.urn, problem
    for (name, number), shares in sorted(_cards(found, nodes).items()):
        problem_of_card = _compare(name, number, nodes, shares)
        if problem_of_card is not None:
            yield nodes[name].urn, problem_of_card


def check_model(container: Resource, nodes: Nodes) -> Iterator[Problem]:
    """Demand that weights and working memory fit into the share."""
    place = _place(container, nodes)
    share = amount(container, SHARE)
    if place is None or share is None:
        return  # refused by `arm-image-on-arm-node` and `users-of-card`
    model = model_of(container)
    name, number = place
    has = share * Fraction(nodes[name].cards_mib[number]) * REPORTED
    kept = (amount(container, OFFLOAD) or Fraction(0)) * 1024
    needs = max(Fraction(0), model.weights_mib - kept) + model.overhead_mib
    if needs > has:
        expected = f"must leave {float(needs):.0f} MiB for weights and working memory"
        fix = f"raise it, keep more in host memory ({OFFLOAD}), or serve a smaller model"
        got = f"{float(share):g} of card {number}, {float(has):.0f} MiB"
        yield container.problem(f"command {SHARE}", expected, got, fix)


def _cards(found: Sequence[Resource], nodes: Nodes) -> Cards:
    cards: Cards = defaultdict(dict)
    for container in found:
        with suppress(UnreadableError):  # refused by `check_model`
            place, share = _place(container, nodes), amount(container, SHARE)
            if place is not None and share is not None:
                cards[place][container.name] = share
    return cards


def _compare(name: str, number: int, nodes: Nodes, shares: dict[str, Fraction]) -> Problem | None:
    total = Fraction(nodes[name].cards_mib[number])
    needed = sum(shares.values()) * total + PROCESS_MIB * len(shares)
    if needed <= total:
        return None
    each = ", ".join(f"{engine} {float(share):g}" for engine, share in sorted(shares.items()))
    expected = f"must hold all shares ({each}) and {PROCESS_MIB} MiB beside each, {float(needed):.0f} MiB"
    return Problem(f"{name}.gpus[{number}].memory_mib", expected, f"{float(total):g} MiB", "lower a share")


def _place(container: Resource, nodes: Nodes) -> tuple[str, int] | None:
    name = name_at(nodes, container.host())
    return None if name is None else (name, card_of(container, nodes[name]))


RULE = StackRule(
    id="CAP-005",
    name="models-on-card",
    description="The engines' shares fit on their card, and each model into its share.",
    severity=Severity.HIGH,
    frameworks=(),
    remediation="Choose a profile that fits (`./swarm plan` computes it), or keep weights in host memory.",
    level=EnforcementLevel.MANDATORY,
    check=judge,
)
