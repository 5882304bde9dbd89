"""The pack as the engine runs it, without the engine: the same process, spoken to over the same protocol."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from tests.policy import given, locks

REPOSITORY = Path(__file__).resolve().parents[2]
PROVIDER_URN = "urn:pulumi:prod::aiswarm::pulumi:providers:docker::oracle-docker"


class Pack:
    """A running pack."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = AnalyzerStub(channel)

    def info(self) -> analyzer_pb2.AnalyzerInfo:
        """What the pack says of itself."""
        info: analyzer_pb2.AnalyzerInfo = self._stub.GetAnalyzerInfo(Empty(), timeout=10)
        return info

    def analyze(
        self, kind: str, name: str, props: given.Props, *, protect: bool = False
    ) -> analyzer_pb2.AnalyzeResponse:
        """Judge one resource, as before its update: like the engine, ask for remediations first."""
        request = analyzer_pb2.AnalyzeRequest(
            type=kind,
            urn=f"urn:{name}",
            name=name,
            properties=struct(props),
            options=analyzer_pb2.AnalyzerResourceOptions(protect=protect),
            provider=provider(),
        )
        assert not self._stub.Remediate(request, timeout=10).remediations
        response: analyzer_pb2.AnalyzeResponse = self._stub.Analyze(request, timeout=10)
        return response

    def analyze_stack(self, *resources: analyzer_pb2.AnalyzerResource) -> analyzer_pb2.AnalyzeResponse:
        """Judge a whole stack, as after its preview."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        response: analyzer_pb2.AnalyzeResponse = self._stub.AnalyzeStack(request, timeout=10)
        return response


def resource(
    kind: str, urn: str, props: given.Props, *, depends_on: tuple[str, ...] = (), **provider_changes: object
) -> analyzer_pb2.AnalyzerResource:
    """A resource of a stack on the ARM node's provider."""
    return analyzer_pb2.AnalyzerResource(
        type=kind,
        urn=urn,
        name=urn.rpartition("::")[2],
        properties=struct(props),
        provider=provider(**provider_changes),
        dependencies=depends_on,
    )


def nodes() -> tuple[analyzer_pb2.AnalyzerResource, ...]:
    """The machines of the stack."""
    return tuple(
        analyzer_pb2.AnalyzerResource(
            type=each.type, urn=each.urn, name=each.name, properties=struct(given.MACHINES[each.name])
        )
        for each in given.nodes()
    )


def provider(**changes: object) -> analyzer_pb2.AnalyzerProviderResource:
    """The ARM node's docker provider."""
    return analyzer_pb2.AnalyzerProviderResource(
        type="pulumi:providers:docker",
        urn=PROVIDER_URN,
        name="oracle-docker",
        properties=struct({**given.provider_props(), **changes}),
    )


def struct(props: given.Props) -> Struct:
    """Properties on the wire, where every number is a float."""
    return ParseDict(props, Struct())


@contextmanager
def running(folder: Path, config: Mapping[str, object]) -> Iterator[Pack]:
    """Run the pack in `folder` for a stack with this configuration, whose images are in its own lock."""
    with tempfile.TemporaryDirectory() as project:
        locks.write(Path(project))
        with _process(folder, config, Path(project, "Pulumi.prod.yaml")) as process:
            yield process


@contextmanager
def _process(folder: Path, config: Mapping[str, object], stack_file: Path) -> Iterator[Pack]:
    env = {
        **os.environ,
        "PULUMI_OPTION_CONFIG_FILE": str(stack_file),
        "PULUMI_PROJECT": "aiswarm",
        "PULUMI_STACK": "prod",
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": json.dumps({key: json.dumps(value) for key, value in config.items()}),
    }
    process = subprocess.Popen(
        # The engine's address is not contacted for what is asked here.
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=env,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "the pack did not start; its error is above"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Pack(channel)
    finally:
        process.terminate()
        process.communicate(timeout=10)
