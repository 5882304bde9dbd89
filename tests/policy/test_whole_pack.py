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

OFF = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.EnforcementLevel.DISABLED)


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


@pytest.mark.parametrize(("policy", "rule"), [("non_root_user", "CTR-002"), ("pinned_image", "IMG-001")])
def test_a_rule_that_was_left_out_is_missed(policy: str, rule: str) -> None:
    configured = Served()
    configured.configure(**{policy: OFF})
    (message,) = configured.judge(stack("prod")).mandatory()["whole-pack"]
    assert message.startswith(f"policy {rule}: must be asked about every resource, got a run without it")


def test_settings_that_no_rule_knows_are_refused() -> None:
    config = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.EnforcementLevel.MANDATORY)
    config.properties.update({"anything": True})
    configured = Served()
    configured.configure(process_limit=config)
    (message,) = configured.judge(stack("prod")).mandatory()["whole-pack"]
    assert message.startswith("policy CTR-015: must have no settings, got some")
