"""Cut a recorded stream down to what can stand in the repository.

PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json --policy-pack policy >full.ndjson
python -m tests.unit.ops.streams.cut full.ndjson tests/unit/ops/streams/FILE.ndjson [NAME...]

Kept are the steps that change something (of the named resources, if any are named), a few that do not
(`STAYING`), what the pack said of them and of the stack, errors, and the summary, whose numbers are lowered
to what is kept. Of a resource's inputs those are kept that the gate reads. No value is changed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from ops.gate.steps import SHOWN
from tests.unit.ops.streams import Event

STAYING = frozenset(
    {
        "aiswarm-lab",
        "oracle-network",
        "oracle-redis",
        "oracle-redis-data",
        "oracle-redis-secrets",
        "starlord-network",
        "thanos-node-exporter",
        "vault-mount",
    }
)
_INPUTS = SHOWN | {"driverOpts"}
_OF_RESOURCES = ("resourcePreEvent", "policyEvent", "policyAnalyzeSummaryEvent", "resOutputsEvent")
_OF_THE_STACK = ("policyAnalyzeStackSummaryEvent", "diagnosticEvent", "errorEvent")
_STACK = "pulumi:pulumi:Stack"


def cut(lines: Iterable[str], names: Collection[str] = ()) -> Iterator[str]:
    """The lines that are kept, of the changes those of some resources or of all."""
    events: list[Event] = [json.loads(line) for line in lines]
    steps = [event["resourcePreEvent"]["metadata"] for event in events if "resourcePreEvent" in event]
    changing = {step["urn"] for step in steps if step["op"] != "same"}
    wanted = {urn for urn in changing if not names or urn.rpartition("::")[2] in names}
    wanted |= {step["urn"] for step in steps if step["urn"].rpartition("::")[2] in STAYING}
    left = Counter(step["op"] for step in steps if step["urn"] not in wanted and step.get("logical"))
    for event in events:
        if _keep(event, wanted):
            yield json.dumps(_lowered(event, left), separators=(",", ":"))


def _keep(event: Event, wanted: set[str]) -> bool:
    if "summaryEvent" in event or any(kind in event for kind in _OF_THE_STACK):
        return event.get("diagnosticEvent", {}).get("severity") not in {"debug", "info", "warning"}
    kind = next((kind for kind in _OF_RESOURCES if kind in event), None)
    if kind is None:
        return False
    if kind == "policyEvent" and event[kind]["enforcementLevel"] == "mandatory":
        return True
    metadata = event[kind].get("metadata", event[kind])
    if kind == "resOutputsEvent" and metadata["type"] != _STACK:
        return False
    return metadata.get("urn", metadata.get("resourceUrn")) in wanted


def _lowered(event: Event, left: Counter[str]) -> Event:
    if summary := event.get("summaryEvent"):
        counts = {op: count - left[op] for op, count in summary["resourceChanges"].items()}
        return {**event, "summaryEvent": {**summary, "resourceChanges": counts}}
    for kind in ("resourcePreEvent", "resOutputsEvent"):
        if kind in event:
            metadata = event[kind]["metadata"]
            slim = {side: _slim(metadata[side], outputs=kind == "resOutputsEvent") for side in ("old", "new")}
            return {**event, kind: {**event[kind], "metadata": {**metadata, **slim}}}
    return event


def _slim(state: Event | None, *, outputs: bool) -> Event | None:
    if state is None:
        return None
    inputs = {name: value for name, value in state["inputs"].items() if name in _INPUTS}
    return {**state, "inputs": inputs, "outputs": state["outputs"] if outputs else {}}


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    target.write_text("".join(f"{line}\n" for line in cut(source.read_text().splitlines(), sys.argv[3:])))
