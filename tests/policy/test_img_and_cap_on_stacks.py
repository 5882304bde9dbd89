"""The rules on images and capacity against the real stacks: nothing to find there, and each edit is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pulumi_policy import EnforcementLevel

from policy.rules.support import lock
from policy.rules.support.nodes import nodes_of
from tests.policy import cases_cap, cases_img, cases_nodes
from tests.policy.cases_img import Case
from tests.policy.recorded import find, rules_of, stack

RULES = [*rules_of("IMG-"), *rules_of("CAP-")]
MANDATORY = [rule for rule in RULES if rule.level is EnforcementLevel.MANDATORY]
CASES = (*cases_img.CASES, *cases_cap.CASES)
UNPUBLISHED = "thanos-gpt-researcher-image"
"""Our own image, in no registry yet."""

EXCEPTED = {("IMG-001", UNPUBLISHED), ("IMG-005", UNPUBLISHED)}
ELSEWHERE = {("CAP-006", "thanos-thermal-monitor"): ("CAP-006", "thanos-vllm-backup")}
"""Where what an edit breaks is shown at another resource."""

NEVER_CLEAN = {"IMG-007"}
"""Advice that the stacks do not follow: no registry was asked yet."""


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A day on which the committed lock's statements hold."""
    monkeypatch.delenv("PULUMI_OPTION_CONFIG_FILE", raising=False)
    monkeypatch.setattr(lock, "today", lambda: date(2026, 11, 23))
    lock.of_stack.cache_clear()
    yield
    lock.of_stack.cache_clear()


def test_the_groups_are_complete() -> None:
    assert [rule.id for rule in RULES] == [
        *(f"IMG-{number:03}" for number in range(1, 9)),
        *(f"CAP-{number:03}" for number in range(1, 7)),
    ]


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_the_mandatory_rules_find_only_what_has_an_exception(name: str) -> None:
    assert find(MANDATORY, stack(name)) == EXCEPTED


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_what_is_only_claimed_is_refused_when_its_statement_has_ended(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "today", lambda: date(2027, 5, 23))
    images = {each.resource.name for each in stack(name) if each.resource.type.endswith(":RemoteImage")}
    found = find(MANDATORY, stack(name))
    assert {resource for rule, resource in found if rule == "IMG-002"} == images - {UNPUBLISHED}


@pytest.mark.parametrize("name", ["prod", "lab"])
def test_the_nodes_show_what_they_are(name: str) -> None:
    nodes = nodes_of([each.resource for each in stack(name)])
    assert sorted(nodes) == ["oracle", "starlord", "thanos"]
    assert [nodes[each].cards_mib for each in sorted(nodes)] == [(), (24564.0,), (10240.0,)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{CASES.index(case)}")
def test_one_edit_makes_exactly_its_rules_fire(case: Case) -> None:
    whole = stack("prod")
    edited = tuple(
        found.edited(case.edit)
        if (found.resource.type, found.resource.name) == (case.type, case.name)
        else found
        for found in whole
    )
    at = ELSEWHERE.get((case.rule, case.name), (case.rule, case.name))
    assert find(RULES, edited) - find(RULES, whole) == {at, *case.also}


def test_every_rule_has_an_edit() -> None:
    assert {case.rule for case in (*CASES, *cases_nodes.CASES)} == {rule.id for rule in RULES} - NEVER_CLEAN
