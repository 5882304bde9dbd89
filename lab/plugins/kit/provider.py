"""The engine's ResourceProvider protocol over a package's table. For the lab only.

Written against the generated messages: the SDK's own `pulumi.provider.experimental` (3.259) has no Handshake,
drops `old_inputs`, always claims a detailed diff and doubles the boot time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from lab.plugins.kit import rules
from lab.plugins.kit.call import Call, PluginError, Props, Severity, Stop
from lab.plugins.kit.engine_log import EngineLog
from lab.plugins.kit.table import Package, Resource
from lab.plugins.kit.values import UNKNOWN, from_struct, has_secret, plain, secret, to_struct


class Provider:
    """One provider instance; the engine starts a process for each.

    Every method answers the call of the same name in provider.proto, and raises `PluginError` for what the
    operator must see.
    """

    def __init__(self, package: Package, version: str) -> None:
        self._package = package
        self._version = version
        self._log = EngineLog()
        self._lock = threading.Lock()
        self._running: set[Stop] = set()
        self._cancelled = False

    def stop_all(self) -> None:
        """End what runs, and what the engine may still send: kill processes, close connections."""
        with self._lock:
            self._cancelled = True
            running = list(self._running)
        for stop in running:
            stop.trigger("cancelled")

    # Secrets are accepted in Handshake and in Configure, or the engine sends them unmarked.

    def handshake(self, request: pb.ProviderHandshakeRequest) -> pb.ProviderHandshakeResponse:
        """Learn the engine's address and say what this provider understands."""
        self._log.connect(request.engine_address)
        return pb.ProviderHandshakeResponse(accept_secrets=True)

    def attach(self, request: plugin_pb2.PluginAttach) -> empty_pb2.Empty:
        """Take the engine's address where a running provider is attached (PULUMI_DEBUG_PROVIDERS)."""
        self._log.connect(request.address)
        return empty_pb2.Empty()

    # The engine does not call Configure at all while one of the settings is unknown.

    def configure(self, request: pb.ConfigureRequest) -> pb.ConfigureResponse:
        """Take the provider's settings."""
        table = self._package.settings
        settings = rules.settings(table, from_struct(request.args))
        problems = rules.settings_problems(table, settings)
        if problems:
            raise PluginError("; ".join(problem.reason for problem in problems))
        self._package.configure(_plain_props(settings))
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def check_config(self, request: pb.CheckRequest) -> pb.CheckResponse:
        """Refuse settings that are wrong or not known, all at once; mark those that are always secret."""
        table, news = self._package.settings, from_struct(request.news)
        found = rules.settings_problems(table, rules.settings(table, news))
        marked = {
            name: secret(value) if name in table and table[name].secret else value
            for name, value in news.items()
        }
        return pb.CheckResponse(inputs=to_struct(marked), failures=_failures(found))

    def diff_config(self, request: pb.DiffRequest) -> pb.DiffResponse:
        """Show changed settings."""
        table = self._package.settings
        old, new = (rules.settings(table, from_struct(side)) for side in (request.old_inputs, request.news))
        return _diff_response(rules.changes(table, old, new))

    def get_plugin_info(self, _: empty_pb2.Empty) -> plugin_pb2.PluginInfo:
        """Tell the version of the SDK that the plugin stands in for."""
        return plugin_pb2.PluginInfo(version=self._version)

    def get_schema(self, _: pb.GetSchemaRequest) -> pb.GetSchemaResponse:
        """Name the package; nothing in the lab reads more of a schema."""
        return pb.GetSchemaResponse(schema=json.dumps({"name": self._package.name, "version": self._version}))

    def cancel(self, _: empty_pb2.Empty) -> empty_pb2.Empty:
        """End all running operations; the engine calls this on an interrupt."""
        self.stop_all()
        return empty_pb2.Empty()

    def check(self, request: pb.CheckRequest) -> pb.CheckResponse:
        """Fill in defaults and report every problem at once."""
        resource = self._resource(request.type)
        inputs = rules.with_defaults(resource.inputs, from_struct(request.news))
        found = rules.problems(resource, inputs)
        return pb.CheckResponse(inputs=to_struct(inputs), failures=_failures(found))

    def diff(self, request: pb.DiffRequest) -> pb.DiffResponse:
        """Say which inputs changed and which of them replace.

        Never DIFF_UNKNOWN: the engine would compare by itself, and turn a replacement into an update.
        """
        resource = self._resource(request.type)
        old, new = from_struct(request.old_inputs), from_struct(request.news)
        return _diff_response(rules.changes(resource.inputs, old, new))

    def create(self, request: pb.CreateRequest) -> pb.CreateResponse:
        """Make the resource; in a preview its computed outputs stay unknown."""
        resource = self._resource(request.type)
        inputs = from_struct(request.properties)
        if request.preview:
            unknown = _marked(resource, inputs, dict.fromkeys(resource.outputs, UNKNOWN))
            return pb.CreateResponse(properties=to_struct({**unknown, **inputs}))
        with self._call(request, inputs, {}) as call:
            created = resource.create(call)
        outputs = _marked(resource, inputs, created.outputs)
        return pb.CreateResponse(id=created.id, properties=to_struct({**inputs, **outputs}))

    def update(self, request: pb.UpdateRequest) -> pb.UpdateResponse:
        """Change the resource in place; computed outputs that the handler leaves out stay as they were."""
        resource = self._resource(request.type)
        inputs, state = from_struct(request.news), from_struct(request.olds)
        outputs = {name: state[name] for name in resource.outputs if name in state}
        if resource.update is not None and request.preview:
            outputs = dict.fromkeys(resource.outputs, UNKNOWN)
        elif resource.update is not None:
            with self._call(request, inputs, state) as call:
                outputs |= resource.update(call)
        outputs = _marked(resource, inputs, outputs)
        return pb.UpdateResponse(properties=to_struct({**outputs, **inputs}))

    def delete(self, request: pb.DeleteRequest) -> empty_pb2.Empty:
        """Undo what the resource did outside the state."""
        resource = self._resource(request.type)
        state = from_struct(request.properties)
        if resource.delete is not None:
            with self._call(request, state, state) as call:
                resource.delete(call)
        return empty_pb2.Empty()

    def read(self, request: pb.ReadRequest) -> pb.ReadResponse:
        """Refresh, or without a state, import by id."""
        resource = self._resource(request.type)
        if request.inputs.fields or request.properties.fields:
            return self._refresh(resource, request)
        if resource.take_over is None:
            raise PluginError(
                f"{request.type}: must be created by the program, it cannot be imported or read"
            )
        found = resource.take_over(request.id)
        inputs = rules.with_defaults(resource.inputs, found.inputs)
        outputs = _marked(resource, inputs, found.outputs)
        return pb.ReadResponse(
            id=found.id, inputs=to_struct(found.inputs), properties=to_struct({**inputs, **outputs})
        )

    def _refresh(self, resource: Resource, request: pb.ReadRequest) -> pb.ReadResponse:
        """Read what can be read; the rest repeats the state, marks included. An empty id means gone."""
        if resource.read is None:
            return pb.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)
        inputs, state = from_struct(request.inputs), from_struct(request.properties)
        with self._call(request, inputs, state) as call:
            found = resource.read(call)
        if found is None:
            return pb.ReadResponse()
        computed = {name: found[name] for name in resource.outputs if name in found}
        inputs = rules.refreshed(resource.inputs, inputs, found)
        state = {**state, **_marked(resource, inputs, computed), **inputs}
        return pb.ReadResponse(id=request.id, inputs=to_struct(inputs), properties=to_struct(state))

    def _resource(self, token: str) -> Resource:
        if token not in self._package.resources:
            known = ", ".join(self._package.resources)
            raise PluginError(f"{token}: must be a type that the lab's plugin knows; known are {known}")
        return self._package.resources[token]

    @contextmanager
    def _call(
        self,
        request: pb.CreateRequest | pb.UpdateRequest | pb.DeleteRequest | pb.ReadRequest,
        inputs: Mapping[str, object],
        state: Mapping[str, object],
    ) -> Iterator[Call]:
        """Run a handler under the engine's cancellation and the resource's timeout (seconds, 0 = none)."""
        urn, stop = request.urn, Stop()
        with self._lock:
            self._running.add(stop)
            if self._cancelled:
                stop.trigger("cancelled")
        timer = threading.Timer(request.timeout, stop.trigger, [f"timed out after {request.timeout:g} s"])
        timer.daemon = True
        if request.timeout > 0:
            timer.start()

        def log(message: str, severity: Severity) -> None:
            self._log.write(urn, message, severity)

        try:
            resource_id = "" if isinstance(request, pb.CreateRequest) else request.id
            yield Call(request.name, _plain_props(inputs), _plain_props(state), log, stop, resource_id)
        except PluginError as error:
            raise PluginError(stop.reason or str(error)) from error
        finally:
            timer.cancel()
            with self._lock:
                self._running.discard(stop)


def _plain_props(properties: Mapping[str, object]) -> Props:
    return Props((name, plain(value)) for name, value in properties.items())


def _marked(
    resource: Resource, inputs: Mapping[str, object], outputs: Mapping[str, object]
) -> dict[str, object]:
    tainted = resource.inputs_taint_outputs and has_secret(dict(inputs))
    return {
        name: secret(value) if tainted or name in resource.secret_outputs else value
        for name, value in outputs.items()
    }


def _failures(problems: list[rules.Problem]) -> list[pb.CheckFailure]:
    return [pb.CheckFailure(property=problem.prop, reason=problem.reason) for problem in problems]


def _diff_response(changes: list[rules.Change]) -> pb.DiffResponse:
    if not changes:
        return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
    return pb.DiffResponse(
        changes=pb.DiffResponse.DIFF_SOME,
        diffs=[change.prop for change in changes],
        replaces=[change.prop for change in changes if change.replaces],
        hasDetailedDiff=True,
        detailedDiff={change.prop: _property_diff(change) for change in changes},
    )


def _property_diff(change: rules.Change) -> pb.PropertyDiff:
    name = "ADD" if change.was is None else "DELETE" if change.now is None else "UPDATE"
    return pb.PropertyDiff(
        kind=pb.PropertyDiff.Kind.Value(f"{name}_REPLACE" if change.replaces else name), inputDiff=True
    )
