"""The frame refuses what a rule could not judge, and shows nothing that may be secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NoReturn

import pytest
from pulumi_policy import EnforcementLevel, Severity

from policy.rules.support.exceptions import Exceptions
from policy.rules.support.fields import Fields, Marker
from policy.rules.support.judge import Judge
from policy.rules.support.problems import Problem, UnreadableError
from policy.rules.support.resources import CONTAINER, Resource
from policy.rules.support.rule import AnyRule, Placed, ResourceRule, StackRule
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


def judge(*rules: AnyRule) -> Judge:
    """These rules without exceptions."""
    return Judge(rules, Run(Exceptions(TODAY)))


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


def unread() -> NoReturn:
    """A resource that does not even become plain values."""
    raise RecursionError("canary")


def test_a_resource_that_cannot_be_read_is_refused_by_every_rule_on_it() -> None:
    rules = [ResourceRule(**METADATA, checks={kind: (finding,)}) for kind in (CONTAINER, CONTAINER, "x")]
    told = list(judge(*rules).resource(CONTAINER, given.CONTAINER_URN, unread))
    assert [rule for rule, *_ in told] == rules[:2]
    for _, ((urn, problem),), _ in told:
        assert urn == given.CONTAINER_URN
        assert str(problem).startswith(
            "oracle-redis: must be something that the rule can judge, got Recursion"
        )
        assert "canary" not in str(problem)


def test_a_stack_that_cannot_be_read_is_refused_by_every_rule_on_it() -> None:
    rules = [StackRule(**METADATA, check=lambda _: ()) for _ in range(2)]
    told = list(judge(*rules).stack([given.CONTAINER_URN], unread))
    assert [str(problem).partition(" got ")[0] for _, ((_, problem),), _ in told] == [
        "stack: must be something that the rule can judge,"
    ] * 2


@pytest.mark.parametrize(
    ("check", "start"),
    [
        (crashing_on_the_stack, "stack: must be something that the rule can judge, got KeyError at "),
        (unreadable_on_the_stack, "aiswarm:nodes: must be given, got none"),
    ],
)
def test_a_stack_rule_that_cannot_judge_is_a_violation(check: object, start: str) -> None:
    rule = StackRule(**METADATA, check=check)  # type: ignore[arg-type]  # one of two shapes
    (told,) = judge(rule).stack([], lambda: [given.container(env="canary")])
    ((_, problem),) = told.problems
    assert str(problem).startswith(start)
    assert problem.unjudged
    assert "canary" not in str(problem)


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
