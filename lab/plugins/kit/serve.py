"""A plugin's process: a gRPC server, and an end to it that leaves nothing behind. For the lab only."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from lab.plugins.kit.call import PluginError
from lab.plugins.kit.provider import Provider
from lab.plugins.kit.table import Package

THREADS = 64
"""More than the engine runs at once: its default is four per processor."""

PARENT_SECONDS = 1.0
"""How often to look whether the engine still lives; a killed one closes nothing."""


def serve(package: Package, version: str, _engine: str) -> None:
    """Serve until the engine ends this process or itself; its address comes again with Handshake."""
    parent = os.getppid()
    provider = Provider(package, version)
    server, port = start_server(provider)

    def end(_signal: int = 0, _frame: FrameType | None = None) -> None:
        provider.stop_all()
        os._exit(0)  # at once: threads may sit in a connection that will not answer

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    server.stop(grace=None)
    end()


def start_server(provider: Provider) -> tuple[grpc.Server, int]:
    """Listen on a free loopback port.

    Calls without an entry here answer UNIMPLEMENTED, which the engine takes: functions (`get_*`), components,
    mappings.
    """
    calls: dict[str, tuple[Callable[..., Message], type[Message]]] = {
        "Handshake": (provider.handshake, pb.ProviderHandshakeRequest),
        "Attach": (provider.attach, plugin_pb2.PluginAttach),
        "GetPluginInfo": (provider.get_plugin_info, empty_pb2.Empty),
        "GetSchema": (provider.get_schema, pb.GetSchemaRequest),
        "CheckConfig": (provider.check_config, pb.CheckRequest),
        "DiffConfig": (provider.diff_config, pb.DiffRequest),
        "Configure": (provider.configure, pb.ConfigureRequest),
        "Check": (provider.check, pb.CheckRequest),
        "Diff": (provider.diff, pb.DiffRequest),
        "Create": (provider.create, pb.CreateRequest),
        "Read": (provider.read, pb.ReadRequest),
        "Update": (provider.update, pb.UpdateRequest),
        "Delete": (provider.delete, pb.DeleteRequest),
        "Cancel": (provider.cancel, empty_pb2.Empty),
    }
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(_answering(method), request.FromString, _serialized)
        for name, (method, request) in calls.items()
    }
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(THREADS), options=unlimited)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("pulumirpc.ResourceProvider", handlers),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _answering(method: Callable[..., Message]) -> Callable[[Message, grpc.ServicerContext], Message]:
    def answer(request: Message, context: grpc.ServicerContext) -> Message:
        try:
            return method(request)
        except PluginError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return answer


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()
