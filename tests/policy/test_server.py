"""The pack's own server: it tells every rule as it is, and judges each call by itself, many at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policy.rules.support import assembly, server
from policy.rules.support.exceptions import Exceptions
from policy.rules.support.judge import Judge
from policy.rules.support.resources import CONTAINER
from policy.rules.support.rule import ResourceRule
from policy.rules.support.run import Run
from tests.policy import given, pack
from tests.policy.pack import Pack
from tests.policy.served import TODAY

FOLDER = pack.REPOSITORY / "policy"
RULES = assembly.every_rule()
CONTEXT = object()


@pytest.fixture(scope="module")
def running() -> Iterator[Pack]:
    with pack.running(FOLDER, {}) as process:
        yield process


def test_every_rule_is_told_as_it_says_of_itself() -> None:
    answer = server.Server(Judge(RULES, Run(Exceptions(TODAY)))).GetAnalyzerInfo(Empty(), CONTEXT)
    told = {policy.name: policy for policy in answer.policies}
    assert answer.supportsConfig
    assert told.keys() == {rule.name for rule in RULES}
    for rule in RULES:
        policy = told[rule.name]
        assert analyzer_pb2.EnforcementLevel.Name(policy.enforcementLevel) == rule.level.name
        assert analyzer_pb2.PolicySeverity.Name(policy.severity) == f"POLICY_SEVERITY_{rule.severity.name}"
        assert (policy.description, policy.remediation_steps) == (rule.description, rule.remediation)
        assert list(policy.tags) == [rule.id, *rule.frameworks]
        on_resources = policy.policy_type == analyzer_pb2.PolicyType.POLICY_TYPE_RESOURCE
        assert on_resources is isinstance(rule, ResourceRule)


def test_a_stack_of_many_megabytes_is_judged(running: Pack) -> None:
    large = pack.resource(CONTAINER, given.CONTAINER_URN, given.container_props(user="x" * 40 * 1024 * 1024))
    assert large.ByteSize() > 40 * 1024 * 1024
    assert not running.analyze(
        CONTAINER, "oracle-redis", {**given.container_props(), "x": "y" * 2**23}
    ).diagnostics
    found = {item.policyName for item in running.analyze_stack(*pack.nodes(), large).diagnostics}
    assert "pinned-image" in found


def test_calls_at_the_same_time_are_judged_each_by_itself(running: Pack) -> None:
    """The engine starts the next call before the last one was answered."""
    users = ["999:1000", "root:1000", "0:1000", UNKNOWN_STRING_VALUE] * 50

    def refused(number: int) -> list[str]:
        props = given.container_props(user=users[number])
        answer = running.analyze(CONTAINER, f"oracle-{number}", props)
        return [item.urn for item in answer.diagnostics if item.policyName == "non-root-user"]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(refused, range(len(users))))
    assert answers == [
        [] if user == "999:1000" else [f"urn:oracle-{number}"] for number, user in enumerate(users)
    ]


def test_nothing_but_the_port_is_printed_at_the_start() -> None:
    process = subprocess.Popen(
        (sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(FOLDER)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=FOLDER,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
        assert process.poll() is None
    finally:
        process.terminate()
        rest, errors = process.communicate(timeout=10)
    assert (rest, errors) == ("", "")
