"""Read the engine's stream of a preview as plain values; judges nothing and shows no secret.

The stream is what `PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json` prints: one event a line.
Without that variable `--json` leaves every policy event out (pulumi, pkg/backend/display/json.go). What each
event holds is in the engine's sdk/go/common/apitype/events.go.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import shorten

from ops.gate import steps
from ops.gate.masks import quotable
from ops.gate.shape import Event, MalformedError
from ops.gate.steps import Op, State, Step

__all__ = ["Diagnostic", "Op", "Preview", "State", "Step", "Violation", "read"]

PACK = "aiswarm"
"""Name of this repository's pack; what another says is no evidence, whatever its rules are called."""

STACK = "pulumi:pulumi:Stack"
_ERROR_WIDTH = 300
_SUCCEEDED, _FAILED = "succeeded", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One finding of the pack."""

    policy: str
    """Name of the rule in the pack, e.g. `non-root-user`; `ops.gate.rules` knows its id."""

    pack: str
    """Name of the pack."""

    severity: str
    """`low` to `critical`, or nothing."""

    level: str
    """`mandatory` or `advisory`."""

    urn: str
    """Of the resource, or nothing where the rule judges the stack."""

    message: str
    """As the pack said it: the rule's description on the first line, then what it found."""

    @property
    def mandatory(self) -> bool:
        """Whether the update is refused; a level that the engine may know one day counts as that."""
        return self.level != "advisory"

    @property
    def found(self) -> str:
        """What was found, without the rule's description."""
        return self.message.partition("\n")[2] or self.message

    @property
    def could_not_run(self) -> bool:
        """The SDK says so, as mere advice, where a rule came upon a value that is not known yet."""
        return "can't run policy" in self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One line of the program, of a provider or of the engine."""

    severity: str
    urn: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All that a preview said."""

    stack: str
    """Its name, or nothing if not one resource was named."""

    steps: tuple[Step, ...]
    violations: tuple[Violation, ...]
    evaluated: Mapping[str, frozenset[str]]
    """For each policy by name, the URNs that it passed or failed on; for one on the whole stack, `""`."""

    analyzed: frozenset[str]
    """URNs that the pack was asked about."""

    strangers: tuple[str, ...] = ()
    """Names of other packs that judged."""

    diagnostics: tuple[Diagnostic, ...]
    """Without those for debugging."""

    open_outputs: frozenset[str] = frozenset()
    """Names of the stack's outputs that whoever reads the stream can read; one inside another as `a.b`."""

    faults: tuple[str, ...] = ()
    """Why this may not be all that there was to say."""

    unknown: tuple[str, ...] = ()
    """Kinds of events that a newer engine sends; nothing was read from them."""

    @property
    def complete(self) -> bool:
        """Whether the stream is whole: from its first line to a summary that agrees with what came before."""
        return not self.faults


def read(lines: Iterable[str]) -> Preview:
    """Read a stream. Nothing in it can make this fail: what cannot be read is a fault of the evidence."""
    reader = _Reader()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            reader.take(number, line)
    return reader.preview()


@dataclass
class _Reader:
    """Gathers events one by one."""

    steps: list[Step] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    evaluated: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    analyzed: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    summaries: list[Event] = field(default_factory=list)
    open_outputs: set[str] = field(default_factory=set)

    def take(self, number: int, line: str) -> None:
        """Add the event of one line."""
        try:
            for kind, event in _events(line):
                self._take(kind, event)
        except MalformedError as error:
            self.faults.append(f"line {number}: {error}")

    def _take(self, kind: str, event: Event) -> None:
        readers: Mapping[str, Callable[[Event], None]] = {
            "resourcePreEvent": self._step,
            "resOutputsEvent": self._outputs,
            "policyEvent": self._violation,
            "policyAnalyzeSummaryEvent": self._summary_of_a_resource,
            "policyAnalyzeStackSummaryEvent": self._summary_of_the_stack,
            "diagnosticEvent": self._diagnostic,
            "errorEvent": self._error,
            "resOpFailedEvent": self._failed,
            "summaryEvent": self.summaries.append,
        }
        if kind in readers:
            readers[kind](event)
        elif kind not in _UNUSED:
            self.unknown.add(kind)

    def _step(self, event: Event) -> None:
        self.steps.append(steps.read(event.object("metadata")))

    def _outputs(self, event: Event) -> None:
        """Take the stack's own outputs; otherwise this repeats the step."""
        metadata = event.object("metadata")
        if metadata.text("type") == STACK and (after := metadata.maybe("new")):
            self.open_outputs |= set(steps.open_names(after.values("outputs")))

    def _violation(self, event: Event) -> None:
        self.violations.append(
            Violation(
                pack=self._pack(event),
                policy=event.text("policyName"),
                severity=event.text("severity", ""),
                level=event.text("enforcementLevel"),
                urn=event.text("resourceUrn", ""),
                message=quotable(event.text("message").strip()),
            )
        )

    def _summary_of_a_resource(self, event: Event) -> None:
        urn = event.text("resourceUrn")
        if self._pack(event) == PACK:
            self.analyzed.add(urn)
            self._evaluated(event, urn)

    def _summary_of_the_stack(self, event: Event) -> None:
        if self._pack(event) == PACK:
            self._evaluated(event, "")

    def _pack(self, event: Event) -> str:
        """Whose word it is."""
        name = event.text("policyPackName", "")
        if name != PACK:
            self.strangers.add(name or "one without a name")
        return name

    def _evaluated(self, event: Event, urn: str) -> None:
        for policy in (*event.texts("passed"), *event.texts("failed")):
            self.evaluated[policy].add(urn)

    def _diagnostic(self, event: Event) -> None:
        severity = event.text("severity")
        if severity != "debug":
            urn, message = event.text("urn", ""), quotable(event.text("message").strip())
            self.diagnostics.append(Diagnostic(severity=severity, urn=urn, message=message))

    def _error(self, event: Event) -> None:
        self.faults.append(f"the engine must not break off, got: {quotable(event.text('error'))}")

    def _failed(self, event: Event) -> None:
        self.faults.append(f"no step must fail, got {event.object('metadata').text('urn')}")

    def preview(self) -> Preview:
        """What was gathered."""
        faults = [*self.faults, *self._disagreements()]
        names = sorted({step.stack for step in self.steps})
        if len(names) > 1:
            faults.append(f"must be the preview of one stack, got {', '.join(names)}")
        return Preview(
            stack=names[0] if names else "",
            steps=tuple(self.steps),
            violations=tuple(self.violations),
            evaluated={policy: frozenset(urns) for policy, urns in sorted(self.evaluated.items())},
            analyzed=frozenset(self.analyzed),
            strangers=tuple(sorted(self.strangers)),
            diagnostics=tuple(self.diagnostics),
            open_outputs=frozenset(self.open_outputs),
            faults=tuple(faults),
            unknown=tuple(sorted(self.unknown)),
        )

    def _disagreements(self) -> Iterator[str]:
        """What keeps the summary from standing for the events before it."""
        if len(self.summaries) != 1:
            yield f"must hold one summary, got {len(self.summaries)}; the preview was cut off, or is none"
            return
        (summary,) = self.summaries
        try:
            yield from self._against(summary)
        except MalformedError as error:
            yield f"summary: {error}"

    def _against(self, summary: Event) -> Iterator[str]:
        if not summary.flag("isPreview"):
            yield "must be a preview, got an update"
        if summary.flag("maybeCorrupt"):
            yield "must come from a sound state, got one that the engine says may be corrupt"
        result = summary.text("result")
        refused = any(violation.mandatory for violation in self.violations)
        if result != _SUCCEEDED and not (result == _FAILED and refused):
            # What comes after a failure is not told, and not all before it is counted.
            yield f"must come from a preview that succeeds, got {result!r}: {self._first_error()}"
            return
        promised = Counter(summary.counts("resourceChanges"))
        counted = Counter(str(step.op) for step in self.steps if step.logical)
        for op in sorted(promised.keys() | counted.keys()):
            if promised[op] != counted[op]:
                yield f"must hold {promised[op]} steps {op!r} as its summary says, got {counted[op]}"

    def _first_error(self) -> str:
        errors = [" ".join(found.message.split()) for found in self.diagnostics if found.severity == "error"]
        return shorten(errors[0], _ERROR_WIDTH) if errors else "no reason given"


_UNUSED = frozenset(
    {
        "cancelEvent",
        "policyLoadEvent",
        "policyRemediateSummaryEvent",
        "policyRemediationEvent",
        "preludeEvent",
        "progressEvent",
        "startDebuggingEvent",
        "stdoutEvent",
    }
)
"""Known, and nothing is read from them."""


def _events(line: str) -> Iterator[tuple[str, Event]]:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise MalformedError("must be a JSON object, got other text") from error
    for kind, event in Event.of(content).items():
        if kind not in {"sequence", "timestamp"}:
            yield kind, Event.of(event) if isinstance(event, dict) or kind not in _UNUSED else Event({})
