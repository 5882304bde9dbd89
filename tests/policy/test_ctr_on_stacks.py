"""The rules on containers against the real stacks: nothing to find there, and each edit is found."""

from __future__ import annotations

import pytest
from pulumi_policy import EnforcementLevel

from policy.rules.support.rule import ResourceRule
from tests.policy.cases_ctr import CASES, Case
from tests.policy.recorded import find, rules_of, stack

RULES = rules_of("CTR-")
MANDATORY = [rule for rule in RULES if rule.level is EnforcementLevel.MANDATORY]
CARDS = (
    *("starlord-gpu-monitor", "starlord-vllm-primary", "starlord-vllm-secondary"),
    *("thanos-thermal-monitor", "thanos-vllm-backup"),
)
EXCEPTED = frozenset(("CTR-009", f"{node}-node-exporter") for node in ("oracle", "starlord", "thanos"))
EXCEPTED |= frozenset(("CTR-012", name) for name in CARDS)
"""Where the stacks depart on purpose."""

NEVER_CLEAN = {"CTR-014", "CTR-015"}
"""Advice that the stacks do not follow."""


def test_the_group_is_complete() -> None:
    assert [rule.id for rule in RULES] == [f"CTR-{number:03}" for number in range(1, 21)]


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_the_mandatory_rules_find_only_what_has_an_exception(name: str) -> None:
    assert find(MANDATORY, stack(name)) == EXCEPTED


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_no_rule_is_dead(name: str) -> None:
    types = {found.resource.type for found in stack(name)}
    assert all(types & rule.checks.keys() for rule in RULES if isinstance(rule, ResourceRule))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{CASES.index(case)}")
def test_one_edit_makes_exactly_its_rule_fire(case: Case) -> None:
    whole = stack("prod")
    edited = tuple(
        found.edited(case.edit)
        if (found.resource.type, found.resource.name) == (case.type, case.name)
        else found
        for found in whole
    )
    assert find(RULES, edited) - find(RULES, whole) == {(case.rule, case.name)}


def test_every_rule_has_an_edit() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in RULES} - NEVER_CLEAN
