"""Run a program without an engine and keep everything that it asked the engine for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_command
import pulumi_random
import pulumi_vault
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import mocks, rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import Stack

with warnings.catch_warnings():
    # Another resource of the module is deprecated, and the SDK says so to everyone who imports it.
    warnings.simplefilter("ignore", DeprecationWarning)
    LOADED = (pulumi_command.remote.Command, pulumi_random.RandomBytes, pulumi_vault.kv.SecretV2)
    """The SDK loads a module when something in it is first used."""

PROJECT = "aiswarm"
STACK = "test"

GENERATED = {
    "random:index/randomPassword:RandomPassword": "result",
    "random:index/randomBytes:RandomBytes": "hex",
}
"""Resources that make a value, and the output that is used of each."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - how the protocol marks a secret value


@dataclass(frozen=True)
class Registration:
    """One resource as the program asked for it."""

    urn: str
    inputs: Mapping[str, Any]
    """Plain values, with the marks of secrets taken off."""

    wire: Mapping[str, Any]
    """The same with the marks."""

    request: resource_pb2.RegisterResourceRequest

    @property
    def type(self) -> str:
        """Type token."""
        return self.request.type

    @property
    def name(self) -> str:
        """Logical name."""
        return self.request.name

    def keeps_secret(self, key: str) -> bool:
        """Whether an input is marked as a secret on its way to the engine."""
        return is_secret(self.wire[key])

    @property
    def needs(self) -> set[str]:
        """Logical names of the resources that must be there before it."""
        return {urn.rpartition("::")[2] for urn in self.request.dependencies}


@dataclass
class Recording(mocks.MockMonitor):
    """Everything one run registered, in order."""

    registrations: list[Registration] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs that components registered, by URN."""

    exports: dict[str, tuple[Any, bool]] = field(default_factory=dict)
    """Outputs of the stack: each with its value and whether it is a secret."""

    log: list[str] = field(default_factory=list)
    """Warnings and errors for the operator."""

    told: list[str] = field(default_factory=list)
    """What the operator is told without being warned."""

    files: dict[str, str] = field(default_factory=dict)
    """Text of each file that the program wrote into the folder it ran in."""

    def __post_init__(self) -> None:
        super().__init__(_Fakes())

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it; the base class forgets all ancestors but one."""
        if parent and "pulumi:pulumi:Stack" not in parent:
            type_ = f"{parent.split('::')[2]}${type_}"
        return f"urn:pulumi:{STACK}::{PROJECT}::{type_}::{name}"

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> object:  # noqa: N802 - name of the protocol
        """Keep the request, then answer it."""
        loop = asyncio.new_event_loop()  # the base class would open one in every thread and close none
        asyncio.set_event_loop(loop)
        try:
            if request.type != "pulumi:pulumi:Stack":
                urn = self.make_urn(request.parent, request.type, request.name)
                inputs = rpc.deserialize_properties(request.object)
                wire = MessageToDict(request.object)
                self.registrations.append(Registration(urn, _plain_dict(inputs), wire, request))
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
        finally:
            loop.close()
            asyncio.set_event_loop(None)

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> object:  # noqa: N802 - name of the protocol
        """Keep what a component shows."""
        self.outputs[request.urn] = _plain_dict(rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]  # the SDK leaves it untyped

    def all(self, type_: str) -> list[Registration]:
        """The resources whose type token ends so, e.g. `:Container`."""
        return [found for found in self.registrations if found.type.endswith(type_)]

    def one(self, type_: str, name: str) -> Registration:
        """The one resource of that type and logical name."""
        (found,) = (found for found in self.all(type_) if found.name == name)
        return found


def record(
    program: Callable[[], object],
    *,
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
    preview: bool = False,
    new: bool = False,
    stack: str = STACK,
) -> Recording:
    """Run `program` as `pulumi up` would, or as `pulumi preview` would; in an empty folder.

    Args:
        config: The stack's configuration with full keys, e.g. `aiswarm:nodes`.
        new: Whether nothing has been made yet, so that a preview knows no generated value.
    """
    recording = Recording()
    if stack != STACK:
        recording.make_urn = lambda *args: Recording.make_urn(recording, *args).replace(  # type: ignore[method-assign]  # one stack per run
            f"urn:pulumi:{STACK}::", f"urn:pulumi:{stack}::", 1
        )
    logger = logging.Logger("engine")
    logger.addHandler(_Keeper(recording))
    recording.mocks = fakes = _Fakes(knows_generated=not new)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        pulumi.runtime.set_mocks(
            fakes, project=PROJECT, stack=stack, preview=preview, logger=logger, monitor=recording
        )
        _root().outputs.clear()  # the SDK makes one stack for all runs of a process
        pulumi.runtime.set_all_config(dict(config or {}), list(secret_keys))
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
            recording.files.update(
                {str(path): path.read_text() for path in Path().rglob("*") if path.is_file()}
            )
        recording.exports.update(loop.run_until_complete(_exports()))
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        asyncio.set_event_loop(None)
    return recording


def _root() -> Stack:
    root = pulumi.runtime.get_root_resource()
    assert isinstance(root, Stack)
    return root


async def _exports() -> dict[str, tuple[Any, bool]]:
    found = {name: pulumi.Output.from_input(value) for name, value in _root().outputs.items()}
    return {name: (await value.future(), await value.is_secret()) for name, value in found.items()}


def is_secret(value: object) -> bool:
    """Whether a value of the protocol carries the mark of a secret."""
    return isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET


def _plain_dict(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: object) -> object:
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return _plain_dict(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value


class _Fakes(mocks.Mocks):
    """Hosts that do whatever they are told."""

    def __init__(self, *, knows_generated: bool = True) -> None:
        self._knows_generated = knows_generated

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        outputs = {**args.inputs}
        if args.typ in GENERATED and self._knows_generated:
            outputs[GENERATED[args.typ]] = f"generated-{args.name}"
        known = args.custom and self._knows_generated
        return (f"{args.name}-id" if known else None), outputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"{args.token}: a preview must not ask anything")


class _Keeper(logging.Handler):
    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._recording.log.append(record.getMessage())
        elif record.levelno == logging.INFO:
            self._recording.told.append(record.getMessage())
