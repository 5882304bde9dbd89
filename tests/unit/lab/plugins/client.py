"""The engine's side of the provider protocol, as far as the tests need it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc as rpc

from lab.plugins.kit.values import from_struct, to_struct

Properties = Mapping[str, object]


class EngineLog(engine_pb2_grpc.EngineServicer):
    """An engine that only listens to log lines."""

    def __init__(self) -> None:
        self.lines: list[engine_pb2.LogRequest] = []
        self._came = threading.Condition()
        self.server = grpc.server(ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def Log(self, request: engine_pb2.LogRequest, context: object) -> empty_pb2.Empty:  # noqa: N802, ARG002 - gRPC's
        """Keep a line."""
        with self._came:
            self.lines.append(request)
            self._came.notify_all()
        return empty_pb2.Empty()

    def wait_for(self, message: str) -> None:
        """Return once a line with this text came."""
        with self._came:
            assert self._came.wait_for(lambda: message in self.messages(), timeout=20), message

    def messages(self) -> list[str]:
        """The texts so far."""
        return [line.message for line in self.lines]


@dataclass
class Checked:
    """Answer of Check."""

    inputs: dict[str, object]
    failures: list[tuple[str, str]]


@dataclass
class Diffed:
    """Answer of Diff: what changed, and how each property is shown."""

    some: bool
    replaces: list[str]
    kinds: dict[str, str] = field(default_factory=dict)


class Client:
    """One plugin, seen from the engine, for one resource type at a time."""

    def __init__(self, port: int, token: str, name: str = "thing") -> None:
        self.token = token
        self.name = name
        self.urn = f"urn:pulumi:lab::aiswarm::{token}::{name}"
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = rpc.ResourceProviderStub(self.channel)

    def check(self, news: Properties) -> Checked:
        """What the engine would store as inputs, and what it would refuse."""
        request = pb.CheckRequest(urn=self.urn, type=self.token, name=self.name, news=to_struct(news))
        answer = self.stub.Check(request)
        return Checked(
            from_struct(answer.inputs), [(failure.property, failure.reason) for failure in answer.failures]
        )

    def diff(self, old: Properties, new: Properties) -> Diffed:
        """Compare old inputs with new ones."""
        request = pb.DiffRequest(
            urn=self.urn, type=self.token, name=self.name, old_inputs=to_struct(old), news=to_struct(new)
        )
        answer = self.stub.Diff(request)
        kinds = {name: pb.PropertyDiff.Kind.Name(diff.kind) for name, diff in answer.detailedDiff.items()}
        return Diffed(answer.changes == pb.DiffResponse.DIFF_SOME, list(answer.replaces), kinds)

    def create(
        self, inputs: Properties, *, preview: bool = False, timeout: float = 0
    ) -> tuple[str, dict[str, object]]:
        """Check, then create, as the engine does."""
        request = pb.CreateRequest(
            urn=self.urn,
            type=self.token,
            name=self.name,
            properties=to_struct(self.check(inputs).inputs),
            preview=preview,
            timeout=timeout,
        )
        answer = self.stub.Create(request)
        return answer.id, from_struct(answer.properties)

    def update(
        self, state: Properties, inputs: Properties, *, preview: bool = False, resource_id: str = ""
    ) -> dict[str, object]:
        """Check, then update."""
        request = pb.UpdateRequest(
            id=resource_id,
            urn=self.urn,
            type=self.token,
            name=self.name,
            olds=to_struct(state),
            news=to_struct(self.check(inputs).inputs),
            preview=preview,
        )
        return from_struct(self.stub.Update(request).properties)

    def delete(self, state: Properties, *, resource_id: str = "") -> None:
        """Delete."""
        request = pb.DeleteRequest(
            id=resource_id, urn=self.urn, type=self.token, name=self.name, properties=to_struct(state)
        )
        self.stub.Delete(request)

    def read(
        self, resource_id: str, inputs: Properties | None = None, state: Properties | None = None
    ) -> tuple[str, dict[str, object], dict[str, object]]:
        """Refresh, or import where there is no state."""
        request = pb.ReadRequest(
            urn=self.urn,
            type=self.token,
            name=self.name,
            id=resource_id,
            inputs=to_struct(inputs or {}),
            properties=to_struct(state or {}),
        )
        answer = self.stub.Read(request)
        return answer.id, from_struct(answer.inputs), from_struct(answer.properties)

    def failure(self, inputs: Properties, *, timeout: float = 0) -> str:
        """Create something that must fail and return what the operator sees."""
        try:
            self.create(inputs, timeout=timeout)
        except grpc.RpcError as error:
            return str(error.details())
        raise AssertionError("the creation must fail, but it worked")
