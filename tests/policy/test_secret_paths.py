"""How the pack learns what is secret: through an accessor of the SDK's own, so a new SDK may end it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import Policy, _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policy.rules.nothing_secret_in_docker import RULE
from policy.rules.support import assembly, secrets
from policy.rules.support.exceptions import Exceptions
from policy.rules.support.resources import CONTAINER
from policy.rules.support.run import Run
from tests.policy import given, pack

MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""How the engine marks a secret on the wire."""


class Sdk:
    """The SDK's own server with the collector and one rule that asks it, without a network."""

    def __init__(self, level: EnforcementLevel = EnforcementLevel.MANDATORY) -> None:
        policies: list[Policy] = [
            secrets.collector(),
            assembly.policy(RULE, Run(Exceptions(date(2026, 11, 23)))),
        ]
        self._servicer: Any = _PolicyAnalyzerServicer("pack", "0.0.1", policies, level)

    def remediate(self, urn: str, props: given.Props) -> None:
        """What the engine asks first; nothing may be changed, and nothing said."""
        response = self._servicer.Remediate(request(urn, pack.struct(props)), None)
        assert not response.remediations
        assert [item.policy_name for item in response.not_applicable] == []

    def analyze(self, urn: str, props: given.Props) -> list[str]:
        """What the rule finds then."""
        response = self._servicer.Analyze(request(urn, pack.struct(props)), None)
        return [item.message.partition("\n")[2] for item in response.diagnostics]


def request(urn: str, props: Struct) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(type=CONTAINER, urn=urn, name="x", properties=props)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_seen", {})


def secret(value: object) -> given.Props:
    return {**MARK, "value": value}


def test_marks_are_found_at_any_depth_and_beside_unknowns() -> None:
    Sdk().remediate(
        "urn:x",
        {
            "plain": "a",
            "unknown": UNKNOWN_STRING_VALUE,
            "whole": secret(["a", {"b": "c"}]),
            "entry": {"known": "a", "marked": secret("b")},
            "list": ["a", UNKNOWN_STRING_VALUE, secret(1.0), {"deep": [secret("c"), None]}],
            "later": secret(UNKNOWN_STRING_VALUE),
        },
    )
    assert secrets.seen("urn:x") == frozenset(
        {"whole", "entry.marked", "list[2]", "list[3].deep[0]", "later"}
    )
    assert secrets.seen("urn:other") is None


def test_a_rule_sees_the_marks_of_the_same_resource_and_never_shows_the_value() -> None:
    sdk = Sdk()
    props: given.Props = {"envs": secret(["PASSWORD=canary"])}
    sdk.remediate("urn:marked", props)
    sdk.remediate("urn:plain", {"envs": ["A=b"]})
    (found,) = sdk.analyze("urn:marked", props)
    assert found.startswith("x.envs on an unnamed node: must hold nothing secret")
    assert "canary" not in found
    assert sdk.analyze("urn:plain", {"envs": ["A=b"]}) == []


def test_a_resource_that_was_not_searched_is_refused() -> None:
    (found,) = Sdk().analyze("urn:x", {})
    assert "must be searched for secrets first" in found


def test_marks_of_another_run_are_forgotten_when_the_search_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = Sdk()
    sdk.remediate("urn:x", {})
    assert sdk.analyze("urn:x", {}) == []

    def broken(*_: object) -> Iterator[str]:
        raise KeyError("__target")

    monkeypatch.setattr(secrets, "find_marks", broken)
    sdk.remediate("urn:x", {})
    (found,) = sdk.analyze("urn:x", {})
    assert "must be searched for secrets first" in found


@pytest.mark.parametrize(
    ("path", "secret_too"),
    [
        ("a", True),
        ("a.b", True),
        ("a[0].b", True),
        ("ab", False),
        ("c.d", True),
        ("c", False),
        ("c.de", False),
    ],
)
def test_a_part_of_something_secret_is_secret(path: str, secret_too: bool) -> None:
    assert given.marked(given.container(), "a", "c.d").is_secret(path) is secret_too
