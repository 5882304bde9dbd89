"""The whole pack in this process, asked over the protocol's own messages: what the engine is answered."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from policy.rules.support import assembly
from policy.rules.support.exceptions import Exceptions
from policy.rules.support.judge import Judge
from policy.rules.support.rule import AnyRule, ResourceRule
from policy.rules.support.run import Run
from policy.rules.support.server import Server
from tests.components.recording import Registration
from tests.policy import pack
from tests.policy.recorded import recording

TODAY = date(2026, 11, 23)
FILE = pack.REPOSITORY / "policy" / "exceptions.yaml"


@dataclass(frozen=True, slots=True)
class Asked:
    """One resource as the engine asks about it."""

    type: str
    urn: str
    properties: Struct = field(default_factory=Struct)
    provider: analyzer_pb2.AnalyzerProviderResource | None = None
    dependencies: tuple[str, ...] = ()
    protected: bool = False

    @property
    def name(self) -> str:
        """Logical name."""
        return self.urn.rpartition("::")[2]

    def before(self) -> analyzer_pb2.AnalyzeRequest:
        """As before its update."""
        return analyzer_pb2.AnalyzeRequest(
            type=self.type,
            urn=self.urn,
            name=self.name,
            properties=self.properties,
            provider=self.provider,
            options=self._options(),
        )

    def after(self) -> analyzer_pb2.AnalyzerResource:
        """As part of its stack."""
        return analyzer_pb2.AnalyzerResource(
            type=self.type,
            urn=self.urn,
            name=self.name,
            properties=self.properties,
            provider=self.provider,
            options=self._options(),
            dependencies=self.dependencies,
        )

    def _options(self) -> analyzer_pb2.AnalyzerResourceOptions:
        return analyzer_pb2.AnalyzerResourceOptions(protect=self.protected)


@dataclass
class Answers:
    """Everything that the pack said in one run."""

    violations: list[analyzer_pb2.AnalyzeDiagnostic] = field(default_factory=list)
    passed_over: dict[str, list[str]] = field(default_factory=dict)
    """Names of rules that said that they do not apply, with their reasons."""

    judged: set[str] = field(default_factory=set)
    """Names of rules that judged anything, or found something that is excused."""

    def of(self, rule: str) -> list[str]:
        """What a rule found."""
        return [found.message.partition("\n")[2] for found in self.violations if found.policyName == rule]

    def mandatory(self) -> dict[str, list[str]]:
        """What mandatory rules found, by rule."""
        level = analyzer_pb2.EnforcementLevel.MANDATORY
        names = dict.fromkeys(
            found.policyName for found in self.violations if found.enforcementLevel == level
        )
        return {name: self.of(name) for name in names}

    def add(self, response: analyzer_pb2.AnalyzeResponse, asked: Iterable[str]) -> None:
        """Take one answer of the pack."""
        self.violations += response.diagnostics
        silent = {found.policy_name: found.reason for found in response.not_applicable}
        for name, reason in silent.items():
            self.passed_over.setdefault(name, []).append(reason)
        self.judged |= {name for name in asked if not _is_out_of_place(silent.get(name))}


def _is_out_of_place(reason: str | None) -> bool:
    return reason is not None and "another type" in reason


class Served:
    """A pack that answers as the real one does."""

    def __init__(self, rules: Sequence[AnyRule] | None = None, exceptions: Exceptions | None = None) -> None:
        self._rules = assembly.every_rule() if rules is None else rules
        granted = exceptions or assembly.read_exceptions(FILE, self._rules, TODAY)
        self._server = Server(Judge(self._rules, Run(granted)))

    def configure(self, settings: Mapping[str, analyzer_pb2.PolicyConfig]) -> None:
        """As with `--policy-pack-config`, by the names of rules."""
        self._server.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=settings), None)

    def judge(self, resources: Sequence[Asked]) -> Answers:
        """A preview: each resource by itself, then all together."""
        answers = Answers()
        for resource in resources:
            answers.add(self._server.Analyze(resource.before(), None), self._names(single=True))
        request = analyzer_pb2.AnalyzeStackRequest(resources=[resource.after() for resource in resources])
        answers.add(self._server.AnalyzeStack(request, None), self._names(single=False))
        return answers

    def _names(self, *, single: bool) -> list[str]:
        return [rule.name for rule in self._rules if isinstance(rule, ResourceRule) is single]


@functools.cache
def stack(name: str) -> tuple[Asked, ...]:
    """All resources of a committed stack in a preview, as they go over the wire."""
    registrations = recording(name).registrations
    made = {found.urn: found for found in registrations}
    return tuple(
        Asked(
            found.type,
            found.urn,
            found.request.object,
            _provider(made.get(found.request.provider.rpartition("::")[0])),
            tuple(found.request.dependencies),
            found.request.protect,
        )
        for found in registrations
    )


@functools.cache
def judged(name: str) -> Answers:
    """What the pack says of a committed stack."""
    return Served().judge(stack(name))


def _provider(found: Registration | None) -> analyzer_pb2.AnalyzerProviderResource | None:
    if found is None:
        return None
    return analyzer_pb2.AnalyzerProviderResource(
        type=found.type, urn=found.urn, name=found.name, properties=found.request.object
    )
