"""The frame refuses what a rule could not judge, and shows nothing that may be secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import PolicyResourceOptions
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policy.rules.support.assembly import policy
from policy.rules.support.exceptions import Exceptions, Grant
from policy.rules.support.fields import Fields, Marker, plain
from policy.rules.support.problems import Problem, UnreadableError
from policy.rules.support.resources import CONTAINER, Resource
from policy.rules.support.rule import Placed, ResourceRule, StackRule
from policy.rules.support.run import Run
from tests.policy import given

METADATA: dict[str, Any] = {
    "id": "CTR-000",
    "name": "r",
    "description": "d",
    "severity": Severity.LOW,
    "frameworks": ("CIS 5.5",),
    "remediation": "mend it",
    "level": EnforcementLevel.MANDATORY,
}
TODAY = date(2026, 11, 23)
OPTIONS = PolicyResourceOptions(False, [], None, [], None, [], None)  # type: ignore[arg-type]  # not read here


def run(*grants: Grant) -> Run:
    """A run with these exceptions."""
    return Run(Exceptions(TODAY, grants))


class Reports:
    """Collects what a policy reports."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str | None]] = []

    def __call__(self, message: str, urn: str | None = None) -> None:
        """Take one violation; the signature is the SDK's."""
        self.all.append((message, urn))


def crashing(resource: Resource) -> Iterator[Problem]:
    raise KeyError(resource.fields.text("env"))


def finding(resource: Resource) -> Iterator[Problem]:
    yield resource.problem("user", "must be kept", "root")


def crashing_on_the_stack(resources: object) -> Iterator[Placed]:
    raise KeyError(str(resources))


def unreadable_on_the_stack(_: object) -> Iterator[Placed]:
    raise UnreadableError("aiswarm:nodes", "must be given", "none")


def test_a_crash_in_a_check_is_a_violation_and_hides_no_other_problem() -> None:
    rule = ResourceRule(**METADATA, checks={CONTAINER: (crashing, finding)})
    crash, other = rule.judge(given.container(env="canary"))
    assert crash.startswith(
        "oracle-redis: must be something that the rule can judge, got KeyError at test_support.py:"
    )
    assert crash.endswith("; mend the rule in policy/rules (POL-003)")
    assert other == "oracle-redis.user on node oracle: must be kept, got root"
    assert "canary" not in crash


def test_properties_that_cannot_even_be_converted_are_a_violation() -> None:
    reports = Reports()
    broken: Any = object()
    args = ResourceValidationArgs(CONTAINER, {}, "urn:x", "x", OPTIONS, broken, {}, {})
    rule = ResourceRule(**METADATA, checks={CONTAINER: (finding,)})
    judging = policy(rule, run())
    assert isinstance(judging, ResourceValidationPolicy)
    judging.validate(args, reports)
    ((message, urn),) = reports.all
    assert message.startswith("x: must be something that the rule can judge, got ")
    assert urn == "urn:x"


@pytest.mark.parametrize(
    ("check", "start"),
    [
        (crashing_on_the_stack, "stack: must be something that the rule can judge, got KeyError at "),
        (unreadable_on_the_stack, "aiswarm:nodes: must be given, got none"),
    ],
)
def test_a_stack_rule_that_cannot_judge_is_a_violation(check: object, start: str) -> None:
    reports = Reports()
    props = unknown_checking_proxy({"env": "canary"})
    resource = PolicyResource(CONTAINER, props, "urn:x", "x", OPTIONS, None, None, [], {})
    rule = StackRule(**METADATA, check=check)  # type: ignore[arg-type]  # one of two shapes
    judging = policy(rule, run())
    assert isinstance(judging, StackValidationPolicy)
    judging.validate(StackValidationArgs([resource], {}, {}), reports)
    ((message, _),) = reports.all
    assert message.startswith(start)
    assert "canary" not in message


def test_a_policy_carries_what_its_rule_says_of_itself() -> None:
    advisory = {**METADATA, "level": EnforcementLevel.ADVISORY}
    resource = policy(ResourceRule(**METADATA, checks={}), run())
    stack = policy(StackRule(**advisory, check=unreadable_on_the_stack), run())
    assert resource.enforcement_level is EnforcementLevel.MANDATORY
    assert stack.enforcement_level is EnforcementLevel.ADVISORY
    for found in (resource, stack):
        assert (found.severity, found.remediation_steps) == (Severity.LOW, "mend it")
        assert found.tags == ["CTR-000", "CIS 5.5"]


def test_unknowns_become_markers_at_any_depth_and_the_rest_stays() -> None:
    unknown = UNKNOWN_STRING_VALUE
    props = {"a": unknown, "b": [{"c": unknown, "d": 1.0}, unknown], "e": {"f": [True, None, "x"]}}
    assert plain(unknown_checking_proxy(props)) == {
        "a": Marker.UNKNOWN,
        "b": [{"c": Marker.UNKNOWN, "d": 1.0}, Marker.UNKNOWN],
        "e": {"f": [True, None, "x"]},
    }


def test_an_absent_field_reads_as_none_and_a_present_one_as_its_value() -> None:
    fields = Fields(
        {"text": "x", "flag": False, "list": ["a"], "nothing": None, "empty": [], "odd": Marker.UNKNOWN}
    )
    assert (fields.text("text"), fields.text("nothing"), fields.text("absent")) == ("x", None, None)
    assert (fields.flag("flag"), fields.flag("absent")) == (False, None)
    assert (fields.texts("list"), fields.texts("absent"), fields.objects("empty")) == (("a",), (), ())
    assert [name for name in fields if fields.holds(name)] == ["text", "flag", "list", "odd"]


def test_a_value_of_another_type_is_described_but_not_shown() -> None:
    with pytest.raises(UnreadableError) as refused:
        Fields({"env": "canary"}).flag("env")
    assert str(refused.value) == "env: must be true or false that is known at preview, got text"
