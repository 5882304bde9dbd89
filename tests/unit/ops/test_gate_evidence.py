"""A rule that did not judge is no rule that is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import partial

import pytest

from ops.gate import rules
from ops.gate.verdict import Kind
from tests.unit.ops import streams
from tests.unit.ops.gate_samples import GRANTS, PACK, recorded, refusals, rule, verdict
from tests.unit.ops.streams import Event

REDIS = (
    "urn:pulumi:lab::aiswarm::aiswarm:index:OracleNode$aiswarm:index:Service$docker:index/container:Container"
)


def silenced(policy: str, urn_end: str, kind: str, event: Event) -> Event:
    """Take a rule's word on a resource away."""
    if kind.startswith("policyAnalyze") and event.get("resourceUrn", "").endswith(urn_end):
        lists = {key: [name for name in event.get(key, []) if name != policy] for key in ("passed", "failed")}
        return {**event, **lists}
    return event


def unheard(kind: str, event: Event) -> Event | None:
    return None if kind.startswith("policyAnalyze") else event


def test_a_rule_without_a_word_on_a_resource_it_judges_is_missing() -> None:
    lines = streams.changed("quiet", partial(silenced, "non-root-user", "::oracle-redis"))

    found = verdict(lines)

    assert refusals(found) == [
        "EVI-001 CTR-002 non-root-user: must be evaluated on every resource, got no word on oracle-redis"
    ]
    assert found.status == 12


def test_a_rule_on_the_stack_without_a_word_is_missing() -> None:
    lines = streams.changed("quiet", partial(silenced, "one-writer-per-volume", ""))

    assert refusals(verdict(lines)) == [
        "EVI-001 CTR-020 one-writer-per-volume: must be evaluated on the stack, got no word of it"
    ]


def test_a_rule_that_nothing_in_the_stack_is_for_is_told_and_not_missing() -> None:
    pack = {**PACK, "no-lambda": rule("RLW-001", "no-lambda", "aws:lambda/function:Function")}

    found = verdict(streams.lines("quiet"), pack=pack)

    assert found.status == 0
    assert "nothing in this stack for RLW-001" in found.notes


def test_a_preview_without_the_pack_proves_nothing() -> None:
    assert refusals(verdict(streams.changed("quiet", unheard))) == [
        "EVI-001 events: must be judged by the pack aiswarm, got no word of any rule; --policy-pack policy"
    ]


def test_a_resource_that_was_not_shown_to_the_pack_is_missing() -> None:
    def hidden(kind: str, event: Event) -> Event | None:
        gone = kind == "policyAnalyzeSummaryEvent" and event["resourceUrn"].endswith("::vault-mount")
        return None if gone else event

    assert refusals(verdict(streams.changed("quiet", hidden))) == [
        "EVI-001 events: must be shown to the pack, got vault-mount left out"
    ]


def test_a_rule_that_gave_up_at_an_unknown_value_is_missing_though_it_is_told_as_advice() -> None:
    found = recorded("unknown")

    (message,) = refusals(found)
    assert message.startswith(
        "EVI-001 CTR-016 default-cgroup: must judge without values that are not known yet, got "
    )
    assert found.status == 12


def test_an_exception_excuses_the_silence_of_its_rule_at_its_resource_and_is_told() -> None:
    found = verdict(streams.lines("quiet"))

    (excused,) = found.excused
    assert found.status == 0
    assert (excused.rule.id, excused.urn.rpartition("::")[2], excused.days_left) == (
        "CTR-009",
        "thanos-node-exporter",
        10,
    )
    assert verdict(streams.lines("quiet"), grants=()).status == 12


def test_an_exception_from_a_rule_on_the_stack_is_told_and_excuses_no_silence_of_the_rule() -> None:
    grants = (*GRANTS, replace(GRANTS[0], rule="CTR-020", resource="oracle-redis-data"))
    lines = streams.changed("quiet", partial(silenced, "one-writer-per-volume", ""))

    told = verdict(streams.lines("quiet"), grants=grants)
    assert told.status == 0
    assert [each.rule.id for each in told.excused] == ["CTR-009", "CTR-020"]
    assert refusals(verdict(lines, grants=grants)) == [
        "EVI-001 CTR-020 one-writer-per-volume: must be evaluated on the stack, got no word of it"
    ]


def test_an_exception_that_was_not_needed_is_not_told() -> None:
    def judged(_: str, event: Event) -> Event:
        here = event.get("resourceUrn", "").endswith("::thanos-node-exporter")
        return (
            {**event, "passed": [*event["passed"], "own-host-folders"]}
            if here and "passed" in event
            else event
        )

    assert verdict(streams.changed("quiet", judged), grants=GRANTS).excused == ()


def test_a_failed_preview_lets_the_certain_findings_speak_first() -> None:
    found = recorded("gone", allowed=["all"])

    assert {each.kind for each in found.refusals} == {Kind.PLAN, Kind.EVIDENCE}
    assert found.status == 11


@pytest.mark.parametrize(
    ("own", "level", "status"),
    [
        ("mandatory", "mandatory", 10),
        ("mandatory", "remediate", 10),
        ("mandatory", "advisory", 10),
        ("advisory", "mandatory", 10),
        ("advisory", "advisory", 0),
    ],
)
def test_what_the_pack_finds_refuses_unless_the_rule_is_advice(own: str, level: str, status: int) -> None:
    """A configuration of the pack changes the level in the event, but not the one in the rule."""
    violation = {
        "resourceUrn": f"{REDIS}::oracle-redis",
        "message": "What it demands.\noracle-redis.user: must not be root, got 'root'\n",
        "policyName": "non-root-user",
        "policyPackName": "aiswarm",
        "enforcementLevel": level,
        "severity": "critical",
    }

    pack = {**PACK, "non-root-user": replace(PACK["non-root-user"], level=own)}

    found = verdict([json.dumps({"policyEvent": violation}), *streams.lines("quiet")], pack=pack)

    said = next(each for each in found.findings if each.resource == "oracle-redis")
    assert (said.rule.id, said.message) == ("CTR-002", "oracle-redis.user: must not be root, got 'root'")
    assert said.refused == (status == 10)
    assert found.status == status


@pytest.mark.parametrize("policy", ["of-others", "non-root-user"])
def test_a_rule_of_another_pack_refuses_as_well_and_is_none_of_ours(policy: str) -> None:
    violation = {
        "message": "No.",
        "policyName": policy,
        "policyPackName": "theirs",
        "enforcementLevel": "mandatory",
    }

    found = verdict([json.dumps({"policyEvent": violation}), *streams.lines("quiet")])

    (refused,) = found.refusals
    assert (refused.rule.id, refused.kind, refused.message) == (f"theirs/{policy}", Kind.POLICY, "No.")
    assert "packs of others that judged, too: theirs" in found.notes


def test_what_another_pack_judged_is_no_evidence() -> None:
    def theirs(kind: str, event: Event) -> Event:
        return {**event, "policyPackName": "theirs"} if kind.startswith("policy") else event

    assert refusals(verdict(streams.changed("quiet", theirs))) == [
        "EVI-001 events: must be judged by the pack aiswarm, got by theirs alone; --policy-pack policy"
    ]


def test_a_preview_without_the_stack_itself_is_none_of_the_stack() -> None:
    def beheaded(kind: str, event: Event) -> Event | None:
        if kind == "resourcePreEvent" and event["metadata"]["type"] == "pulumi:pulumi:Stack":
            return None
        if kind == "summaryEvent":
            return {**event, "resourceChanges": {"same": event["resourceChanges"]["same"] - 1}}
        return event

    assert refusals(verdict(streams.changed("quiet", beheaded))) == [
        (
            "EVI-001 events: must hold a step of the stack itself, pulumi:pulumi:Stack, got none; "
            "run the preview again"
        )
    ]


def test_the_gate_knows_every_rule_of_the_pack() -> None:
    found = rules.load()

    assert found["non-root-user"].id == "CTR-002"
    assert len({each.id for each in found.values()}) == len(found) > 20
    assert {each.severity for each in found.values()} <= {"low", "medium", "high", "critical"}


def test_exceptions_are_those_that_hold_in_the_stack_today() -> None:
    granted = rules.granted("prod", date(2026, 11, 23))

    assert granted
    assert all("prod" in each.stacks for each in granted)
    assert rules.granted("nowhere", date(2026, 11, 23)) == ()
    assert rules.granted("prod", date(2036, 11, 23)) == ()
