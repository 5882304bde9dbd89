"""The catalogues of demands that rules refer to, by the word that an id starts with.

Ids only: the texts of some belong to their publishers and may not be copied.
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi.runtime.proto.analyzer_pb2 import PolicyComplianceFramework


@dataclass(frozen=True, slots=True)
class Framework:
    """One catalogue."""

    name: str
    version: str


FRAMEWORKS = {
    "CIS": Framework("CIS Docker Benchmark", "1.6.0"),
    "KICS": Framework("KICS queries for Docker Compose", "2"),
    "PSS": Framework("Kubernetes Pod Security Standards", "restricted"),
    "OWASP": Framework("OWASP Docker Security Cheat Sheet", "2026-08"),
    "NSA": Framework("NSA and CISA Kubernetes Hardening Guidance", "1.0"),
    "Trivy": Framework("Trivy checks", "2026-08"),
    "Checkov": Framework("Checkov policies", "2026-08"),
    "Kyverno": Framework("Kyverno policies", "2026-03"),
}


def compliance(ids: tuple[str, ...]) -> PolicyComplianceFramework | None:
    """The first id as the protocol has it, which knows one framework a policy; all of them are tags."""
    if not ids:
        return None
    word, _, reference = ids[0].partition(" ")
    found = FRAMEWORKS[word]
    return PolicyComplianceFramework(name=found.name, version=found.version, reference=reference)
