"""Exceptions excuse exactly what they name, for as long as they say; a wrong one is a violation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from pulumi_policy import EnforcementLevel, Severity

from policy.rules import valid_exceptions
from policy.rules.support import exceptions_file
from policy.rules.support.exceptions import Exceptions, Grant
from policy.rules.support.inventory import STACKS
from policy.rules.support.judge import Judge
from policy.rules.support.problems import Problem, UnreadableError
from policy.rules.support.resources import CONTAINER, Resource
from policy.rules.support.rule import ResourceRule
from policy.rules.support.run import Run
from tests.policy import given, pack, recorded

TODAY = date(2026, 11, 23)
EXCUSABLE = {"CTR-001": False, "CTR-012": True}
FILE = pack.REPOSITORY / "policy" / "exceptions.yaml"
GRANT = Grant(
    rule="CTR-012",
    resource="oracle-redis",
    stacks=("prod",),
    found=("'all'",),
    reason="computes on the card of the machine",
    owner="operations",
    granted=TODAY,
    expires=TODAY + timedelta(days=30),
)


def entry(**changes: object) -> dict[str, object]:
    """A good entry of the file, as YAML reads it, but for the changes; None leaves a field out."""
    fields: dict[str, object] = {
        "rule": GRANT.rule,
        "resource": GRANT.resource,
        "stacks": ["prod"],
        "found": ["'all'"],
        "reason": GRANT.reason,
        "owner": GRANT.owner,
        "granted": GRANT.granted,
        "expires": GRANT.expires,
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def read(folder: Path, content: object, today: date = TODAY) -> Exceptions:
    """What a file with this content grants."""
    file = folder / "exceptions.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return exceptions_file.read(file, EXCUSABLE, today)


def uses_card(_: Resource) -> Iterator[Problem]:
    """A check that always finds something."""
    yield Problem("oracle-redis.gpus", "must be absent", "'all'")


def cannot_read(_: Resource) -> Iterator[Problem]:
    """A check that meets an unknown."""
    raise UnreadableError("gpus", "must be text that is known at preview", "a value that is unknown")


def crashes(_: Resource) -> Iterator[Problem]:
    """A check with a fault."""
    raise ZeroDivisionError


def keeps(_: Resource) -> Iterator[Problem]:
    """A check that finds nothing."""
    yield from ()


def judge(exceptions: Exceptions, *checks: object, urn: str = given.CONTAINER_URN) -> tuple[list[str], str]:
    """The violations, and why the rule is said not to apply."""
    rule = ResourceRule(
        id="CTR-012",
        name="r",
        description="d",
        severity=Severity.LOW,
        frameworks=(),
        remediation="m",
        level=EnforcementLevel.MANDATORY,
        checks={CONTAINER: checks},  # type: ignore[dict-item]  # checks of this file
    )
    (told,) = Judge([rule], Run(exceptions)).resource(CONTAINER, urn, given.container)
    assert all(place == urn for place, _ in told.problems)
    return [str(problem) for _, problem in told.problems], told.excused


def complaints(exceptions: Exceptions) -> list[str]:
    """What POL-001 finds."""
    return [str(problem) for _, problem in valid_exceptions.check(Run(exceptions), [])]


def test_what_is_excused_does_not_apply_and_says_why_and_for_how_long() -> None:
    assert judge(Exceptions(TODAY, [GRANT]), uses_card) == (
        [],
        f"oracle-redis: excused until 2026-12-23, 30 days left (operations): {GRANT.reason}",
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(GRANT, rule="CTR-011"),
        replace(GRANT, resource="oracle-redi"),
        replace(GRANT, resource="oracle-redis-2"),
        replace(GRANT, stacks=("lab",)),
        replace(GRANT, found=("'device=0'", "all")),
    ],
    ids=["rule", "shorter", "longer", "stack", "found"],
)
def test_an_exception_for_something_else_excuses_nothing(other: Grant) -> None:
    assert judge(Exceptions(TODAY, [other]), uses_card) == (
        ["oracle-redis.gpus: must be absent, got 'all'"],
        "",
    )


def uses_two(_: Resource) -> Iterator[Problem]:
    """A check that finds what is excused, and something else."""
    yield Problem("oracle-redis.gpus", "must be absent", "'all'")
    yield Problem("oracle-redis.runtime", "must be runc", "'nvidia'")


def test_something_new_does_not_hide_behind_what_is_excused() -> None:
    exceptions = Exceptions(TODAY, [GRANT])
    assert judge(exceptions, uses_two) == (["oracle-redis.runtime: must be runc, got 'nvidia'"], "")
    assert complaints(exceptions) == []


def test_a_resource_without_a_whole_name_is_never_excused() -> None:
    assert judge(Exceptions(TODAY, [GRANT]), uses_card, urn="urn:oracle-redis")[0]


@pytest.mark.parametrize("check", [cannot_read, crashes])
def test_what_could_not_be_judged_is_never_excused(check: object) -> None:
    messages, reason = judge(Exceptions(TODAY, [GRANT]), uses_card, check)
    assert len(messages) == 1
    assert "must be absent" not in messages[0]
    assert not reason


def test_an_exception_that_excused_something_is_no_violation() -> None:
    exceptions = Exceptions(TODAY, [GRANT])
    judge(exceptions, uses_card)
    assert complaints(exceptions) == []


def test_one_that_its_resource_does_not_need_is_a_violation() -> None:
    exceptions = Exceptions(TODAY, [GRANT])
    judge(exceptions, keeps)
    (complaint,) = complaints(exceptions)
    assert complaint == (
        "policy/exceptions.yaml CTR-012 oracle-redis: must be needed in the stack prod, "
        "got nothing to excuse; take prod out of its stacks, or remove it"
    )


def test_one_is_needed_for_each_stack_by_itself() -> None:
    exceptions = Exceptions(TODAY, [replace(GRANT, stacks=("prod", "lab"))])
    judge(exceptions, uses_card)
    judge(exceptions, keeps, urn=given.CONTAINER_URN.replace(":prod::", ":lab::"))
    (complaint,) = complaints(exceptions)
    assert "in the stack lab" in complaint


def test_one_whose_resource_other_settings_left_out_is_no_violation() -> None:
    assert complaints(Exceptions(TODAY, [GRANT])) == []


def test_a_good_file_grants(tmp_path: Path) -> None:
    found = read(tmp_path, {"exceptions": [entry()]})
    assert found.grants == (GRANT,)
    assert found.problems == ()


@pytest.mark.parametrize("day", [GRANT.granted, GRANT.expires])
def test_it_is_valid_on_its_first_and_its_last_day(tmp_path: Path, day: date) -> None:
    assert read(tmp_path, {"exceptions": [entry()]}, day).grants == (GRANT,)


WRONG = {
    "rule: must be the id of a rule, got 'CTR-099'": entry(rule="CTR-099"),
    "rule: must be a rule that may have exceptions, got 'CTR-001'": entry(rule="CTR-001"),
    "rule: must be text, got none": entry(rule=None),
    "resource: must be one exact name, got '*-redis'": entry(resource="*-redis"),
    "resource: must be text, got 5": entry(resource=5),
    "stacks: must list names of stacks, got 'prod'": entry(stacks="prod"),
    "stacks: must list names of stacks, got a list": entry(stacks=[]),
    "stacks: must list names of stacks, got none": entry(stacks=None),
    "stacks: must be stacks that there are, got 'staging', 'test'": entry(stacks=["test", "prod", "staging"]),
    "found: must list what is excused, as the rule shows it after `got`, got none": entry(found=None),
    "found: must list what is excused, as the rule shows it after `got`, got \"'all'\"": entry(found="'all'"),
    "found: must list what is excused, as the rule shows it after `got`, got a list": entry(found=[]),
    "reason: must say in at least 20 characters why the rule cannot be kept, got 'needed'": entry(
        reason="needed"
    ),
    "owner: must be text, got '  '": entry(owner="  "),
    "granted: must be a date, e.g. 2027-01-31, got 'soon'": entry(granted="soon"),
    "granted: must not be after today, 2026-11-23, got 2026-11-24": entry(granted=TODAY + timedelta(days=1)),
    "expires: must be a date, e.g. 2027-01-31, got none": entry(expires=None),
    "expires: must be within 180 days from granting, by 2027-05-22, got 2027-05-23": entry(
        expires=TODAY + timedelta(days=181)
    ),
    "expires: must not be before today, 2026-11-23, got 2026-11-22": entry(
        granted=TODAY - timedelta(days=9), expires=TODAY - timedelta(days=1)
    ),
    f": must hold nothing but {', '.join(exceptions_file.KEYS)}, got until": entry(until=1),
    ": must be an object, got 'CTR-012'": "CTR-012",
}


@pytest.mark.parametrize("problem", WRONG)
def test_a_wrong_entry_is_a_violation_and_grants_nothing(tmp_path: Path, problem: str) -> None:
    found = read(tmp_path, {"exceptions": [WRONG[problem]]})
    dot = "" if problem.startswith(":") else "."
    assert str(found.problems[0]).startswith(f"policy/exceptions.yaml exceptions[0]{dot}{problem}")
    assert found.grants == ()
    assert complaints(found) == [str(each) for each in found.problems]


def test_an_unknown_rule_is_told_beside_missing_fields(tmp_path: Path) -> None:
    found = read(tmp_path, {"exceptions": [entry(rule="CTR-99", owner=None)]})
    owner, rule = map(str, found.problems)
    assert owner.startswith("policy/exceptions.yaml exceptions[0].owner: ")
    assert rule.startswith("policy/exceptions.yaml exceptions[0].rule: must be the id of a rule")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    found = read(tmp_path, {"exceptions": [entry(rule="CTR-001"), entry(owner=None, reason=None), entry()]})
    assert [str(each).split(":")[0].removeprefix("policy/exceptions.yaml ") for each in found.problems] == [
        "exceptions[0].rule",
        "exceptions[1].reason",
        "exceptions[1].owner",
    ]
    assert found.grants == (GRANT,)


def test_two_for_the_same_are_one_too_many(tmp_path: Path) -> None:
    found = read(tmp_path, {"exceptions": [entry(), entry(stacks=["lab", "prod"])]})
    assert "must be the only one for its rule, resource and stack" in str(found.problems[0])
    assert found.grants == (GRANT,)


@pytest.mark.parametrize(
    "content",
    ["", "- a", "exceptions: {}", "exceptions: []\nmore: 1", "a: [", "!!python/object:os.system {}", "5"],
)
def test_a_file_of_another_form_is_a_violation(tmp_path: Path, content: str) -> None:
    found = read(tmp_path, content)
    (problem,) = found.problems
    assert str(problem).startswith("policy/exceptions.yaml")
    assert complaints(found)


def test_no_file_is_a_violation(tmp_path: Path) -> None:
    found = exceptions_file.read(tmp_path / "exceptions.yaml", EXCUSABLE, TODAY)
    (complaint,) = complaints(found)
    assert complaint == (
        "policy/exceptions.yaml: must be readable as YAML, got FileNotFoundError; "
        "an empty one says `exceptions: []`"
    )


def test_the_committed_exceptions_name_what_is_in_their_stacks() -> None:
    """With settings that leave a resource out, the pack itself keeps silent; here all are switched on."""
    rules = {rule.id: rule.excusable for rule in recorded.rules_of("")}
    granted = exceptions_file.read(FILE, rules, date(2026, 11, 23))
    assert granted.problems == ()
    for grant in granted.grants:
        for stack in grant.stacks:
            assert grant.resource in {found.resource.name for found in recorded.stack(stack)}, grant


def test_the_rules_on_the_worst_allow_no_exception() -> None:
    never = {"CTR-001", "CTR-006", "CTR-010", "CTR-017", "DAT-001", "IMG-002", "IMG-003", "IMG-008"}
    never |= {"NET-007", "OPS-005", "RLW-002", *(f"POL-00{number}" for number in range(1, 6))}
    never |= {f"SEC-00{number}" for number in range(1, 7)}
    rules = recorded.rules_of("")
    assert {rule.id for rule in rules if not rule.excusable} == never & {rule.id for rule in rules}


def test_the_stacks_that_there_are_have_their_files() -> None:
    files = {file.name.split(".")[1] for file in pack.REPOSITORY.glob("Pulumi.*.yaml")}
    assert files == STACKS
