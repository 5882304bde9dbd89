"""Lines shown to the operator beside a resource. For the lab only."""

from __future__ import annotations

import contextlib

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from lab.plugins.kit.call import Severity

LOG_SECONDS = 5
"""How long a line may keep an operation waiting."""


class EngineLog:
    """The engine's log, as far as a plugin writes to it."""

    def __init__(self) -> None:
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def connect(self, address: str) -> None:
        """Write to the engine at `address`; with an empty one lines are dropped."""
        if address:
            self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def write(self, urn: str, message: str, severity: Severity) -> None:
        """Show one line; infos are a passing status, as upstream's, and warnings stay.

        The engine does not mask what it is told here. A lost line never fails the operation.
        """
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(
            urn=urn,
            message=message,
            severity=engine_pb2.LogSeverity.Value(severity.name),
            ephemeral=severity < Severity.WARNING,
        )
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(request, timeout=LOG_SECONDS)
