"""A verdict as SARIF 2.1.0 (OASIS), which forges show beside the code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ops.gate.rules import Rule
from ops.gate.verdict import OWN, Excused, Finding, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
"""`security-severity`: a figure inside the range that GitHub's code scanning has for the word."""

Mapped = dict[str, object]


def document(verdict: Verdict, rules: Mapping[str, Rule]) -> Mapped:
    """The log of one run. Exceptions are results, too: suppressed ones, with their reason."""
    everything = {rule.id: rule for rule in (*rules.values(), *OWN)}
    # A rule that this checkout does not have may have spoken; a result must not point nowhere.
    everything |= {found.rule.id: found.rule for found in verdict.findings}
    ids = sorted(everything)
    places = {rule: index for index, rule in enumerate(ids)}
    results = [_result(found, verdict.stack, places) for found in verdict.findings]
    results += [_suppressed(each, verdict.stack, places) for each in verdict.excused]
    driver = {
        "name": "swarm gate",
        "semanticVersion": "1.0.0",
        "rules": [_rule(everything[each]) for each in ids],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"swarm-gate/{verdict.stack}/"},
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def level(severity: str) -> str:
    """SARIF's word for a severity; of an unknown one, the worst."""
    return _LEVELS.get(severity, "error")


def _rule(rule: Rule) -> Mapped:
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.description},
        "help": {"text": rule.remediation},
        "helpUri": rule.page,
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": ["security", *rule.frameworks],
            "security-severity": _SCORES.get(rule.severity, _SCORES["critical"]),
        },
    }


def _result(found: Finding, stack: str, places: Mapping[str, int]) -> Mapped:
    return {
        "ruleId": found.rule.id,
        "ruleIndex": places[found.rule.id],
        "level": level(found.severity),
        "message": {"text": found.message},
        "locations": [_location(found.urn, stack)],
        "partialFingerprints": {"swarmGate/v1": _fingerprint(found.rule.id, found.urn, found.message)},
    }


def _suppressed(each: Excused, stack: str, places: Mapping[str, int]) -> Mapped:
    reason = f"{each.reason} ({each.owner}, {each.days_left} days left)"
    return {
        "ruleId": each.rule.id,
        "ruleIndex": places[each.rule.id],
        "level": level(each.rule.severity),
        "message": {"text": f"{each.urn.rpartition('::')[2]}: {each.rule.description}"},
        "locations": [_location(each.urn, stack)],
        "partialFingerprints": {"swarmGate/v1": _fingerprint(each.rule.id, each.urn)},
        "suppressions": [{"kind": "external", "status": "accepted", "justification": reason}],
    }


def _location(urn: str, stack: str) -> Mapped:
    """The stack's file: streamed events name no line of the program (pulumi, apitype.StepEventMetadata)."""
    file = f"Pulumi.{stack}.yaml" if stack else "Pulumi.yaml"
    place: Mapped = {
        "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": 1}},
    }
    if urn:
        name = urn.rpartition("::")[2]
        place["logicalLocations"] = [{"name": name, "fullyQualifiedName": urn, "kind": "resource"}]
    return place


def _fingerprint(*parts: str) -> str:
    """The same for the same finding of another run."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
