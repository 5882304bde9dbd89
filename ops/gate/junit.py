"""A verdict as JUnit XML, which every runner of tests can show: a case for each rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from ops.gate.rules import Rule
from ops.gate.verdict import OWN, Finding, Verdict


def document(verdict: Verdict, rules: Mapping[str, Rule]) -> JUnitXml:
    """One suite for the stack. A rule without a resource is skipped, not passed."""
    known = {rule.id: rule for rule in (*rules.values(), *OWN)}
    known |= {found.rule.id: found.rule for found in verdict.findings}
    own = {rule.id for rule in OWN}
    suite = TestSuite(f"gate {verdict.stack}".strip())
    for rule in sorted(known.values(), key=lambda each: each.id):
        found = [finding for finding in verdict.refusals if finding.rule.id == rule.id]
        idle = rule.id not in own and not verdict.evaluated.get(rule.id)
        suite.add_testcase(_case(rule, found, idle=idle))
    report = JUnitXml()
    report.add_testsuite(suite)
    return report


def _case(rule: Rule, found: Sequence[Finding], *, idle: bool) -> TestCase:
    case = TestCase(f"{rule.id} {rule.name}", classname=f"gate.{rule.id}")
    if found:
        case.result = [Failure(finding.message, finding.severity) for finding in found]
    elif idle:
        case.result = [Skipped("nothing in this stack for this rule")]
    return case
