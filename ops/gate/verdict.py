"""What the gate says, and what it means for an update. Plain values; knows neither files nor terminals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ops.gate.rules import Rule

PAGE = "docs/gate.md"

RETAINED = Rule(
    id="DAT-003",
    name="retained-data",
    description="Data outlives the resource that stands for it.",
    severity="critical",
    level="mandatory",
    remediation="Give the volume `retain_on_delete=True`.",
    page=f"{PAGE}#dat-003",
)
KEPT = Rule(
    id="DAT-004",
    name="kept-data",
    description="Nothing that holds data is removed or replaced; an outage is asked for by name.",
    severity="critical",
    level="mandatory",
    remediation="Change the plan; for a container or a network, allow it by name.",
    page=f"{PAGE}#dat-004",
)
HIDDEN = Rule(
    id="SEC-005",
    name="hidden-secrets",
    description="No secret shows in what the engine prints.",
    severity="critical",
    level="mandatory",
    remediation="Mark the value as secret where it is made, and replace it: it has been shown.",
    page=f"{PAGE}#sec-005",
)
COMPLETE = Rule(
    id="EVI-001",
    name="complete-evidence",
    description="The events tell all of a preview, and every rule had its say.",
    severity="high",
    level="mandatory",
    remediation="Run the preview again, with `--policy-pack policy` of this checkout.",
    page=f"{PAGE}#evi-001",
)
SAME_JUDGE = Rule(
    id="CHG-001",
    name="same-judge",
    description="A change is judged by the rules that were there before it, too.",
    severity="high",
    level="mandatory",
    remediation="Keep to the rules; where they are to change, say so.",
    page=f"{PAGE}#chg-001",
)
OWN = (RETAINED, KEPT, HIDDEN, COMPLETE, SAME_JUDGE)
"""What no policy can judge: the engine tells it neither what goes nor what stays (pulumi, analyzer.proto)."""


class Kind(StrEnum):
    """Why an update is refused; of several, the first one here says with which status."""

    POLICY = "policy"
    PLAN = "plan"
    EVIDENCE = "evidence"

    @property
    def status(self) -> int:
        """Exit status of the gate."""
        return {Kind.POLICY: 10, Kind.PLAN: 11, Kind.EVIDENCE: 12}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was found."""

    kind: Kind
    rule: Rule
    severity: str
    urn: str
    """Of the resource, or nothing."""

    message: str
    refused: bool = True
    """False for advice, which lets the update pass."""

    @property
    def resource(self) -> str:
        """The resource's logical name, or nothing."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excused:
    """An exception that kept a rule from refusing a resource."""

    rule: Rule
    urn: str
    reason: str
    owner: str
    days_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gate says of one preview."""

    stack: str
    findings: tuple[Finding, ...]
    """What refuses the update, and advice."""

    excused: tuple[Excused, ...]
    changes: Mapping[str, int]
    """Number of resources by operation."""

    outages: tuple[str, ...]
    """Containers and networks that go, and were allowed to, by logical name."""

    evaluated: Mapping[str, int]
    """On how many resources each rule of the pack was evaluated, by id; on the whole stack counts one."""

    notes: tuple[str, ...] = ()
    """What is worth knowing, and refuses nothing."""

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What refuses the update."""
        return tuple(finding for finding in self.findings if finding.refused)

    @property
    def status(self) -> int:
        """0 if the update may go on, else the status of the first kind that refuses it."""
        refused = {finding.kind for finding in self.refusals}
        return next((kind.status for kind in Kind if kind in refused), 0)
