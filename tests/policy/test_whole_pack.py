"""The pack as a whole on the real stacks: nothing is refused there, no rule is dead, and doubt is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE

from policy.rules import classified_types, read_only_root
from policy.rules.support import assembly
from policy.rules.support.problems import Problem
from policy.rules.support.resources import CONTAINER, Resource
from policy.rules.support.rule import AnyRule, ResourceRule
from tests.policy import pack
from tests.policy.recorded import WITH_RAILWAY
from tests.policy.served import Asked, Served, judged, stack

RULES = assembly.every_rule()
REFUSED = {"command:local:Command", "command:remote:CopyFile", "command:remote:CopyToRemote"}
"""Types that rules judge and that are refused all the same: the swarm needs none of them."""


def container(**fields: object) -> Asked:
    """A container of the committed stack with other inputs."""
    (found,) = (each for each in stack("prod") if each.type == CONTAINER and each.name == "oracle-redis")
    return replace(found, properties=pack.struct({**MessageToDict(found.properties), **fields}))


def crashing(_: Resource) -> Iterator[Problem]:
    raise ZeroDivisionError


def with_fault(rule: ResourceRule) -> list[AnyRule]:
    """All rules, one of which fails."""
    return [replace(each, checks={CONTAINER: (crashing,)}) if each is rule else each for each in RULES]


@pytest.mark.parametrize("name", ["prod", WITH_RAILWAY])
def test_no_mandatory_rule_refuses_the_real_stack(name: str) -> None:
    assert judged(name).mandatory() == {}


@pytest.mark.parametrize("name", ["prod", "lab", WITH_RAILWAY])
def test_no_rule_is_dead(name: str) -> None:
    assert {rule.name for rule in RULES} - judged(name).judged == set()


def test_what_is_excused_is_told_with_the_days_that_are_left() -> None:
    answers = judged("prod")
    reasons = [reason for reason in answers.passed_over["no-host-devices"] if "excused" in reason]
    assert len(reasons) == 5
    assert all("180 days left (operations): " in reason for reason in reasons)


def test_a_rule_on_the_stack_has_its_say_beside_what_is_excused() -> None:
    """Passed over, it would look as if it had never been asked, and so would everything else it judged."""
    answers = judged("prod")
    assert "pinned-image" in answers.judged
    assert "pinned-image" not in answers.passed_over


def test_every_type_of_the_stacks_is_classified_once() -> None:
    listed = classified_types.JUDGED | classified_types.HARMLESS.keys()
    assert not classified_types.JUDGED & classified_types.HARMLESS.keys()
    assert {found.type for name in ("prod", "lab", WITH_RAILWAY) for found in stack(name)} <= listed
    assert {
        kind for rule in RULES if isinstance(rule, ResourceRule) for kind in rule.checks
    } - listed == REFUSED


@pytest.mark.parametrize(
    "kind",
    ["docker:index/service:Service", "docker:index/plugin:Plugin", "command:local:Command", "random:x:Y"],
)
def test_a_type_that_nobody_classified_is_refused(kind: str) -> None:
    asked = Asked(kind, f"urn:pulumi:prod::aiswarm::{kind}::new")
    (message,) = Served().judge([asked]).of("classified-types")
    assert message.startswith(
        "new.type on an unnamed node: must be of a type that rules judge or that is known"
    )
    assert f"got '{kind}'" in message


def test_what_an_advisory_rule_cannot_read_is_refused() -> None:
    found = Served().judge([container(readOnly=UNKNOWN_BOOLEAN_VALUE)])
    (message,) = found.mandatory()["readable-fields"]
    assert message.startswith(
        "CTR-008 oracle-redis.readOnly on node oracle: must be true or false that is known"
    )
    assert message.endswith("(POL-002)")


def test_what_a_mandatory_rule_cannot_read_it_refuses_itself_and_names_the_rule() -> None:
    found = Served().judge([container(privileged=UNKNOWN_BOOLEAN_VALUE)]).mandatory()
    assert found["no-privileged-container"][0].endswith("(POL-002)")
    assert "readable-fields" not in found


def test_an_advisory_rule_that_fails_is_refused() -> None:
    (message,) = Served(with_fault(read_only_root.RULE)).judge([container()]).mandatory()["no-crashed-rule"]
    assert message.startswith(
        "CTR-008 oracle-redis: must be something that the rule can judge, got ZeroDivision"
    )


def test_a_mandatory_rule_that_fails_refuses_itself_and_names_the_rule() -> None:
    (broken,) = (rule for rule in RULES if rule.id == "CTR-001" and isinstance(rule, ResourceRule))
    found = Served(with_fault(broken)).judge([container()]).mandatory()
    assert found["no-privileged-container"][0].endswith("mend the rule in policy/rules (POL-003)")
    assert "no-crashed-rule" not in found


def config(level: str, **settings: bool) -> analyzer_pb2.PolicyConfig:
    """What the engine makes of an entry of `--policy-pack-config`."""
    found = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.EnforcementLevel.Value(level))
    found.properties.update(settings)
    return found


@pytest.mark.parametrize("level", ["DISABLED", "ADVISORY"])
@pytest.mark.parametrize("policy", ["no-privileged-container", "arm-image-on-arm-node", "whole-pack"])
def test_a_rule_that_was_to_be_lowered_judges_all_the_same_and_says_so(policy: str, level: str) -> None:
    configured = Served()
    configured.configure({policy: config(level)})
    found = configured.judge([container(privileged=True)]).mandatory()
    assert found["whole-pack"] == [
        f"policy {policy}: must be at its own level, got something else; preview without --policy-pack-config"
    ]
    assert "must be false, got true" in found["no-privileged-container"][0]


@pytest.mark.parametrize(
    ("policy", "wanted", "expected"),
    [
        ("process-limit", config("ADVISORY", anything=True), "must have no settings"),
        ("process-limit", config("MANDATORY"), "must be at its own level"),
        ("non-root", config("MANDATORY"), "must be the name of a rule"),
    ],
    ids=["settings", "raised", "name"],
)
def test_other_wishes_are_refused(policy: str, wanted: analyzer_pb2.PolicyConfig, expected: str) -> None:
    configured = Served()
    configured.configure({policy: wanted})
    (message,) = configured.judge(stack("prod")).mandatory()["whole-pack"]
    assert message.startswith(f"policy {policy}: {expected}, got something else; ")


def test_the_levels_that_the_engine_sends_unasked_are_no_departure() -> None:
    configured = Served()
    configured.configure({rule.name: config(rule.level.name) for rule in RULES})
    assert configured.judge(stack("prod")).mandatory() == {}
