"""Why the SDK's own server is not used, held against the SDK itself: once it differs, this must fail.

Each fact is a reason for a part of the frame; what is sent and answered is in `test_wire` and `test_server`.
The engine's part of the contract is in the end-to-end tests.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pulumi import dynamic
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
    policy,
    proxy,
)
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.policy import Policy, _PolicyAnalyzerServicer

from policy.rules.support.resources import CONTAINER
from policy.rules.support.wire import UNKNOWNS
from tests.components.recording import record
from tests.policy import given, pack

UNKNOWN = proxy.UNKNOWN_STRING_VALUE
MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How the engine marks a secret on the wire."""

MANDATORY = analyzer_pb2.EnforcementLevel.MANDATORY
ADVISORY = analyzer_pb2.EnforcementLevel.ADVISORY

Report = Callable[..., None]


class Sdk:
    """The SDK's server with policies as an author would write them without the frame."""

    def __init__(self, *policies: Policy, level: EnforcementLevel = EnforcementLevel.MANDATORY) -> None:
        self._servicer: Any = _PolicyAnalyzerServicer("pack", "0.0.1", list(policies), level)

    def ask(self, props: given.Props) -> analyzer_pb2.AnalyzeResponse:
        """What the engine is answered about one resource."""
        response: analyzer_pb2.AnalyzeResponse = self._servicer.Analyze(request(props), None)
        return response

    def configure(self, settings: Mapping[str, analyzer_pb2.PolicyConfig]) -> None:
        """What `--policy-pack-config` asks for."""
        self._servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=settings), None)

    def ask_stack(self, *resources: analyzer_pb2.AnalyzerResource) -> analyzer_pb2.AnalyzeResponse:
        """What it is answered about a stack."""
        stack = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        response: analyzer_pb2.AnalyzeResponse = self._servicer.AnalyzeStack(stack, None)
        return response


def request(props: given.Props) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(type=CONTAINER, urn="urn:x", name="x", properties=pack.struct(props))


def on_resource(validate: Callable[[ResourceValidationArgs, Report], None]) -> Policy:
    return ResourceValidationPolicy(name="plain", description="d", validate=validate)


def seen(props: given.Props) -> Mapping[str, Any]:
    """What a rule is handed."""
    kept: list[Mapping[str, Any]] = []
    Sdk(on_resource(lambda args, _: kept.append(args.props))).ask(props)
    return kept[0]


def test_one_unknown_makes_a_mandatory_rule_a_remark() -> None:
    def validate(args: ResourceValidationArgs, report: Report) -> None:
        report("before")
        assert args.props["user"]

    found = Sdk(on_resource(validate)).ask({"user": UNKNOWN}).diagnostics
    assert [(item.enforcementLevel, item.message.partition("\n")[2]) for item in found[:1]] == [
        (MANDATORY, "before")
    ]
    assert found[1].enforcementLevel == ADVISORY
    assert found[1].message.startswith("can't run policy 'plain'")


def test_one_unknown_of_one_resource_ends_a_rule_on_the_stack() -> None:
    def validate(args: StackValidationArgs, report: Report) -> None:
        for resource in args.resources:
            report(resource.props["user"], resource.urn)

    server = Sdk(StackValidationPolicy(name="plain", description="d", validate=validate))
    resources = [pack.resource(CONTAINER, f"urn:{user}", {"user": user}) for user in (UNKNOWN, "0")]
    (found,) = server.ask_stack(*resources).diagnostics
    assert found.enforcementLevel == ADVISORY


def test_a_rule_sees_a_secret_in_plain_text_and_cannot_tell() -> None:
    props = seen({"envs": {**MARK, "value": ["PASSWORD=canary"]}})
    assert props["envs"][0] == "PASSWORD=canary"


def test_a_message_is_printed_as_it_is() -> None:
    secret: given.Props = {"user": {**MARK, "value": "canary"}}
    (found,) = Sdk(on_resource(lambda args, report: report(args.props["user"]))).ask(secret).diagnostics
    assert found.message == "d\ncanary"


def test_any_other_error_in_a_rule_ends_the_call() -> None:
    def validate(*_: object) -> None:
        raise KeyError("user")

    with pytest.raises(KeyError):
        Sdk(on_resource(validate)).ask({})


def test_without_a_level_a_rule_is_advice() -> None:
    assert inspect.signature(PolicyPack).parameters["enforcement_level"].default is None
    server = Sdk(on_resource(lambda _, report: report("x")), level=EnforcementLevel.ADVISORY)
    assert server.ask({}).diagnostics[0].enforcementLevel == ADVISORY


def test_each_rule_has_the_resource_decoded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[object] = []

    def decode(props: object, *_: object) -> object:
        decoded.append(props)
        return props

    monkeypatch.setattr(policy, "deserialize_properties", decode)
    policies = [
        ResourceValidationPolicy(name=name, description="d", validate=lambda *_: None) for name in "abc"
    ]
    Sdk(*policies).ask({"user": "a"})
    assert decoded == [{"user": "a"}] * len(policies)


def test_the_signs_of_the_protocol_are_the_sdks() -> None:
    """The frame reads unknowns and secrets as this SDK's texts, and the engine and it must mean the same."""
    assert MARK == {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG}
    named = {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
    assert named == UNKNOWNS


def test_a_rule_that_is_switched_off_from_outside_is_not_asked_and_nothing_says_so() -> None:
    server = Sdk(on_resource(lambda _, report: report("x")))
    off = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.EnforcementLevel.DISABLED)
    assert server.ask({}).diagnostics
    server.configure({"plain": off})
    assert server.ask({}) == analyzer_pb2.AnalyzeResponse()


def test_what_does_not_apply_is_said_with_its_reason_and_ends_the_rule() -> None:
    def validate(args: ResourceValidationArgs, report: Report) -> None:
        args.not_applicable("another type")
        report("not reached")

    response = Sdk(on_resource(validate)).ask({})
    assert [(item.policy_name, item.reason) for item in response.not_applicable] == [
        ("plain", "another type")
    ]
    assert not response.diagnostics


def test_a_dynamic_resource_has_a_type_of_its_own_when_its_class_names_one() -> None:
    class Named(dynamic.Resource, module="railway", name="Thing"):
        """A class as components have it."""

    class Provider(dynamic.ResourceProvider):
        """Makes nothing."""

    class Plain(dynamic.Resource):
        """A class that names none."""

    def program() -> None:
        Named(Provider(), "named", {})
        Plain(Provider(), "other", {})

    types = {found.name: found.type for found in record(program).registrations}
    assert types == {
        "named": "pulumi-python:dynamic/railway:Thing",
        "other": "pulumi-python:dynamic:Resource",
    }
