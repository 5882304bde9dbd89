"""One edit of the whole good stack makes its rule fire, and beside it only what the edit truly breaks."""

from __future__ import annotations

import functools

import pytest
from pulumi_policy import EnforcementLevel

from policy.rules.support.assembly import every_rule
from policy.rules.support.rule import RunRule
from tests.policy.mutations import Mutation, every_mutation
from tests.policy.recorded import Found, find, stack

MUTATIONS = every_mutation()
RULES = [rule for rule in every_rule() if not isinstance(rule, RunRule)]

ACROSS = {
    ("CAP-002", "SEC-003"): "a secret's volume in memory that has no size has no mode either",
    ("DAT-001", "CTR-009"): "a folder of the host that is not the swarm's",
    ("DAT-001", "IMG-001"): "an image without a digest",
    ("DAT-001", "IMG-005"): "an image from another publisher",
    ("CTR-020", "DAT-008"): "the second writer is of another service",
    ("DAT-001", "OPS-005"): "a command with other words",
    ("SEC-004", "OPS-005"): "the same",
    ("DAT-001", "OPS-004"): "a container without its node's name",
    ("DAT-002", "SEC-003"): "a volume for secrets that is not in memory",
    ("SEC-003", "DAT-002"): "the same: it counts as one for data then",
    ("NET-006", "IMG-001"): "an image without a digest",
    ("CAP-004", "CTR-012"): "a card for a container that has no exception",
    ("IMG-003", "CTR-015"): "a label that names no node, or another one than its provider's",
    ("IMG-003", "OPS-004"): "the same",
    ("IMG-003", "DAT-008"): "a container's own files are known by its labels",
    ("OPS-004", "DAT-008"): "the same",
}
"""Rules of other groups that some edit of a rule breaks as well, and why that is right."""

WITHOUT_EDIT = {
    "DAT-005": "the committed lock has no documents of images: test_no_anonymous_volumes",
    "POL-004": "no edit of inputs changes a type: test_whole_pack",
}


@functools.cache
def before(name: str) -> Found:
    """What is found without any edit."""
    return find(RULES, stack(name))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_an_edit_breaks_its_rule_and_nothing_else(mutation: Mutation) -> None:
    found = {rule for rule, _ in find(RULES, mutation.edited()) - before(mutation.stack)}
    across = {other for rule, other in ACROSS if rule == mutation.rule}
    assert mutation.rule in found
    assert found <= {mutation.rule} | mutation.also | across


def test_the_edits_are_of_resources_that_are_there() -> None:
    for mutation in MUTATIONS:
        assert sum(map(mutation.is_meant, stack(mutation.stack))) == 1, mutation.id


def test_every_mandatory_rule_has_an_edit_that_breaks_it() -> None:
    mandatory = {rule.id for rule in RULES if rule.level is EnforcementLevel.MANDATORY}
    assert mandatory - {mutation.rule for mutation in MUTATIONS} == WITHOUT_EDIT.keys()


def test_what_breaks_across_groups_still_does() -> None:
    seen = {
        (mutation.rule, rule)
        for mutation in MUTATIONS
        for rule, _ in find(RULES, mutation.edited()) - before(mutation.stack)
    }
    assert ACROSS.keys() <= seen
