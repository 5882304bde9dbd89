"""The pack as the engine asks it: Pulumi's protocol for policy packs, answered from plain rules.

`pulumi_policy.PolicyPack` speaks the same protocol; `wire.py` says why it is not used. Besides, no rule can
be switched off, lowered or given settings from outside here, and whoever tries is told (POL-005).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2, plugin_pb2
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerServicer, add_AnalyzerServicer_to_server
from pulumi_policy import EnforcementLevel

from .frameworks import compliance
from .judge import Judge, Told
from .rule import AnyRule, ResourceRule
from .wire import read

NAME = "aiswarm"
_LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes; as the SDKs allow. gRPC's own limit of 4 MiB is less than a stack's resources."""

_LEVELS = {
    EnforcementLevel.ADVISORY: analyzer_pb2.EnforcementLevel.ADVISORY,
    EnforcementLevel.MANDATORY: analyzer_pb2.EnforcementLevel.MANDATORY,
}


class Server(AnalyzerServicer):
    """Answers the engine; the names of the methods are the protocol's."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        # Most rules have nothing to say of most types, and the engine counts who said so.
        self._silence = cache(self._silent)

    def Analyze(self, request: analyzer_pb2.AnalyzeRequest, _: object) -> analyzer_pb2.AnalyzeResponse:  # noqa: N802 - name of the protocol
        """Judge one resource before it is changed."""
        told = self._judge.resource(request.type, request.urn, lambda: read(request))
        response = analyzer_pb2.AnalyzeResponse()
        response.CopyFrom(self._silence(request.type))
        return _answer(response, told)

    def AnalyzeStack(  # noqa: N802 - name of the protocol
        self, request: analyzer_pb2.AnalyzeStackRequest, _: object
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge all resources together, after the preview or the update."""
        urns = [sent.urn for sent in request.resources]
        told = self._judge.stack(urns, lambda: [read(sent) for sent in request.resources])
        return _answer(analyzer_pb2.AnalyzeResponse(), told)

    def Remediate(self, _request: object, _: object) -> analyzer_pb2.RemediateResponse:  # noqa: N802 - name of the protocol
        """Change nothing: what is wrong is mended in the program."""
        return analyzer_pb2.RemediateResponse()

    def GetAnalyzerInfo(self, _request: object, _: object) -> analyzer_pb2.AnalyzerInfo:  # noqa: N802 - name of the protocol
        """Tell the rules; the version is that of PulumiPolicy.yaml, which the engine knows."""
        policies = [_info(rule) for rule in self._judge.rules]
        return analyzer_pb2.AnalyzerInfo(name=NAME, supportsConfig=True, policies=policies)

    def GetPluginInfo(self, _request: object, _: object) -> plugin_pb2.PluginInfo:  # noqa: N802 - name of the protocol
        """Tell the SDK's version."""
        return plugin_pb2.PluginInfo(version=version("pulumi-policy"))

    def Configure(self, request: analyzer_pb2.ConfigureAnalyzerRequest, _: object) -> Empty:  # noqa: N802 - name of the protocol
        """Take note of what is asked for, and keep the rules as they are."""
        levels = {rule.name: _LEVELS[rule.level] for rule in self._judge.rules}
        for name, config in request.policyConfig.items():
            if name not in levels:
                self._judge.run.departures[name] = "must be the name of a rule"
            elif config.enforcementLevel != levels[name]:
                self._judge.run.departures[name] = "must be at its own level"
            elif config.properties.fields:
                self._judge.run.departures[name] = "must have no settings"
        return Empty()

    def ConfigureStack(self, _request: object, _: object) -> analyzer_pb2.AnalyzerStackConfigureResponse:  # noqa: N802 - name of the protocol
        """Nothing depends on a stack's tags."""
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def _silent(self, kind: str) -> analyzer_pb2.AnalyzeResponse:
        reason = "another type"
        return analyzer_pb2.AnalyzeResponse(
            not_applicable=[_passed_over(rule, reason) for rule in self._judge.silent(kind)]
        )


def serve(judge: Judge) -> None:
    """Answer until the engine ends this process; the port goes to stdout first, and nothing else does."""
    options = [("grpc.max_receive_message_length", _LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=options)
    add_AnalyzerServicer_to_server(Server(judge), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _answer(response: analyzer_pb2.AnalyzeResponse, told: Iterable[Told]) -> analyzer_pb2.AnalyzeResponse:
    for rule, problems, excused in told:
        response.diagnostics.extend(_diagnostic(rule, urn, str(problem)) for urn, problem in problems)
        if excused:
            response.not_applicable.append(_passed_over(rule, excused))
    return response


def _diagnostic(rule: AnyRule, urn: str, text: str) -> analyzer_pb2.AnalyzeDiagnostic:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=rule.name,
        policyPackName=NAME,
        message=f"{rule.description}\n{text}",
        description=rule.description,
        enforcementLevel=_LEVELS[rule.level],
        severity=_severity(rule),
        urn=urn,
    )


def _passed_over(rule: AnyRule, reason: str) -> analyzer_pb2.PolicyNotApplicable:
    return analyzer_pb2.PolicyNotApplicable(policy_name=rule.name, reason=reason)


def _info(rule: AnyRule) -> analyzer_pb2.PolicyInfo:
    kind = "POLICY_TYPE_RESOURCE" if isinstance(rule, ResourceRule) else "POLICY_TYPE_STACK"
    found = compliance(rule.frameworks)
    return analyzer_pb2.PolicyInfo(
        name=rule.name,
        description=rule.description,
        enforcementLevel=_LEVELS[rule.level],
        policy_type=analyzer_pb2.PolicyType.Value(kind),
        severity=_severity(rule),
        framework=found,
        tags=[rule.id, *rule.frameworks],
        remediation_steps=rule.remediation,
    )


def _severity(rule: AnyRule) -> analyzer_pb2.PolicySeverity.ValueType:
    return analyzer_pb2.PolicySeverity.Value(f"POLICY_SEVERITY_{rule.severity.name}")
