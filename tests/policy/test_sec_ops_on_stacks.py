"""The rules on secrets, operation and Railway against the real stacks, and against edits of them."""

from __future__ import annotations

import pytest

from policy.rules.support.rule import ResourceRule
from tests.policy import cases_ops, cases_sec
from tests.policy.cases_ctr import Case
from tests.policy.cases_sec import MARKS, Marks
from tests.policy.recorded import Recorded, find, rules_of, stack

RULES = [*rules_of("SEC-"), *rules_of("OPS-"), *rules_of("RLW-")]
CASES = (*cases_sec.CASES, *cases_ops.CASES)
WITHOUT_RAILWAY = {"RLW-001"}
ACROSS = {"SEC-004": "OPS-005"}
"""A secret in a command's words or variables is not what is written down, either."""


def test_the_groups_are_complete() -> None:
    """SEC-005 looks at what the engine prints, which no rule sees: `./swarm gate` does."""
    ids = [f"SEC-00{number}" for number in (1, 2, 3, 4, 6)]
    ids += [f"OPS-00{number}" for number in range(1, 6)]
    assert [rule.id for rule in RULES] == [*ids, "RLW-001", "RLW-002", "RLW-003"]


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_the_stacks_keep_all_rules(name: str) -> None:
    assert find(RULES, stack(name)) == frozenset()


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_no_rule_is_dead(name: str) -> None:
    types = {found.resource.type for found in stack(name)}
    single = [rule for rule in RULES if isinstance(rule, ResourceRule)]
    assert all(any(map(rule.judges, types)) for rule in single)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{CASES.index(case)}")
def test_one_edit_makes_exactly_its_rule_fire(case: Case) -> None:
    edited = tuple(found.edited(case.edit) if is_meant(found, case) else found for found in stack("prod"))
    across = {(ACROSS.get(case.rule, ""), case.name)}
    assert find(RULES, edited) - across == {(case.rule, case.name)}


@pytest.mark.parametrize("case", MARKS, ids=lambda case: f"{case.rule}-{MARKS.index(case)}")
def test_other_marks_make_exactly_their_rule_fire(case: Marks) -> None:
    edited = tuple(found.remarked(*case.paths) if is_meant(found, case) else found for found in stack("prod"))
    assert find(RULES, edited) == {(case.rule, case.name)}


def test_every_rule_has_an_edit() -> None:
    assert {case.rule for case in (*CASES, *MARKS)} == {rule.id for rule in RULES} - WITHOUT_RAILWAY


def is_meant(found: Recorded, case: Case | Marks) -> bool:
    return (found.resource.type, found.resource.name) == (case.type, case.name)
