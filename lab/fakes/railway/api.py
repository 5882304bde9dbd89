"""One request of the GraphQL API from its text to its answer; no network here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, Final

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.utilities import get_operation_ast

from lab.fakes.railway.calls import Call, masked
from lab.fakes.railway.errors import BUSY, RefusedError, not_authorized
from lab.fakes.railway.faults import Fault, Faults, Lost
from lab.fakes.railway.limits import Limits
from lab.fakes.railway.store import Node
from lab.fakes.railway.world import Caller, Resolver, World

SCHEMA: Final = Path(__file__).parents[3] / "components" / "railway" / "schema.graphql"
PATH: Final = "/graphql/v2"

_NO_ENVIRONMENT: Final = ("serviceInstanceDeployV2", "serviceInstanceRedeploy")
"""Mutations that change no configuration."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: Lost | None = None
    seconds: float = 0.0
    """Real time that it takes until then."""


@dataclass(frozen=True, slots=True)
class _Asked:
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Node

    @property
    def name(self) -> str:
        return self.operation.name.value if self.operation.name else ""

    @property
    def fields(self) -> tuple[str, ...]:
        chosen = self.operation.selection_set.selections
        return tuple(each.name.value for each in chosen if isinstance(each, FieldNode))

    @property
    def change(self) -> bool:
        return self.operation.operation is OperationType.MUTATION


class InvalidRequestError(Exception):
    """A request that never reaches a field: status 400, and a code that says why."""

    def __init__(self, code: str, messages: list[str]) -> None:
        super().__init__(code)
        self.code, self.messages = code, messages


class Api:
    """The fields of the root behind the rules of transport. One request at a time."""

    def __init__(
        self,
        world: World,
        fields: Mapping[str, Resolver],
        callers: Callable[[Mapping[str, str]], Caller | None],
    ) -> None:
        self._world, self._callers, self.lock = world, callers, Lock()
        self._schema = _schema()
        self._root = {name: self._field(name, resolver) for name, resolver in fields.items()}
        self._busy: dict[str, float] = {}
        self._requests = 0
        self.limits = Limits(world.store.clock, world.behaviour)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.broken: list[BaseException] = []
        """Errors of the stand-in itself."""

    def answer(self, headers: Mapping[str, str], query_string: str, body: bytes) -> Reply:
        """Answer one request; headers by their names in lower case."""
        with self.lock:
            self._requests += 1
            self._world.store.settle()
            if self.limits.throttled_by_edge(bare=not query_string):
                return Reply(429, b"error code: 1015", {"content-type": "text/plain"})
            if not self.limits.take():
                retry = {"retry-after": f"{self.limits.retry_after():.0f}"}
                return Reply(429, b"{}", {**self._headers(), **retry})
            try:
                asked = self._read(body)
            except InvalidRequestError as error:
                return self._errors(error.messages, error.code, status=400)
            return self._serve(asked, headers)

    def _serve(self, asked: _Asked, headers: Mapping[str, str]) -> Reply:
        self.calls.append(Call(asked.name, asked.fields, masked(asked.variables), asked.change))
        fault = self.faults.next({asked.name, *asked.fields}, change=asked.change)
        if fault is not None and not fault.done:
            return self._faulty(fault)
        reply = self._execute(asked, headers)
        if fault is not None:
            reply = self._faulty(fault)
        if not asked.change:
            return reply
        self._world.store.save()
        return replace(reply, seconds=self._world.behaviour.change_seconds)

    def _read(self, body: bytes) -> _Asked:
        try:
            given = json.loads(body)
            document, errors = _checked(str(given["query"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidRequestError("BAD_REQUEST", [f"body: must be a GraphQL request: {error}"]) from error
        except GraphQLError as error:
            raise InvalidRequestError("GRAPHQL_PARSE_FAILED", [error.message]) from error
        if errors:
            raise InvalidRequestError("GRAPHQL_VALIDATION_FAILED", [each.message for each in errors])
        operation = get_operation_ast(document, given.get("operationName"))
        if operation is None:
            raise InvalidRequestError("OPERATION_RESOLUTION_FAILURE", ["operationName: must name one"])
        return _Asked(document, operation, dict(given.get("variables") or {}))

    def _execute(self, asked: _Asked, headers: Mapping[str, str]) -> Reply:
        result = execute_sync(
            self._schema,
            asked.document,
            self._root,
            self._callers(headers),
            asked.variables,
            asked.name or None,
        )
        if not result.errors:
            return self._reply(200, {"data": result.data})
        if any(error.path is None for error in result.errors):
            return self._errors([each.message for each in result.errors], "BAD_USER_INPUT", status=400)
        self.broken += [
            error.original_error or error
            for error in result.errors
            if not isinstance(error.original_error, RefusedError)
        ]
        return self._reply(200, self._document(result))

    def _document(self, result: ExecutionResult) -> Node:
        errors = [self._error(each.message, "INTERNAL_SERVER_ERROR") for each in result.errors or ()]
        for shown, error in zip(errors, result.errors or (), strict=True):
            shown["path"] = error.path
        return {"data": result.data, "errors": errors}

    def _field(self, name: str, resolver: Resolver) -> Callable[..., object]:
        mutation = self._schema.mutation_type
        changes = mutation is not None and name in mutation.fields and name not in _NO_ENVIRONMENT

        def resolve(info: Any, **args: Any) -> object:  # noqa: ANN401 - GraphQL's own
            if info.context is None:
                raise not_authorized()
            if changes:
                self._take_turn(args)
            return resolver(info.context, args)

        return resolve

    def _take_turn(self, args: Node) -> None:
        """Refuse a second change of an environment within the time that a first one takes."""
        id_ = args.get("environmentId") or (args.get("input") or {}).get("environmentId")
        if not id_ or not self._world.behaviour.change_seconds:
            return
        if monotonic() < self._busy.get(id_, 0.0):
            raise RefusedError(BUSY)
        self._busy[id_] = monotonic() + self._world.behaviour.change_seconds

    def _headers(self) -> dict[str, str]:
        request = {"content-type": "application/json", "x-railway-request-id": f"request-{self._requests}"}
        return {**request, **self.limits.headers()}

    def _reply(self, status: int, document: Node) -> Reply:
        return Reply(status, json.dumps(document).encode(), self._headers())

    def _error(self, message: str, code: str) -> Node:
        return {"message": message, "extensions": {"code": code}, "traceId": f"trace-{self._requests}"}

    def _errors(self, messages: list[str], code: str, *, status: int) -> Reply:
        return self._reply(status, {"errors": [self._error(each, code) for each in messages]})

    def _faulty(self, fault: Fault) -> Reply:
        if fault.message:
            return self._errors([fault.message], "INTERNAL_SERVER_ERROR", status=fault.status)
        headers = {"content-type": "text/html", **fault.headers}
        return Reply(fault.status, f"<h1>{fault.status}</h1>".encode(), headers, lost=fault.lost)


@cache
def _schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


@lru_cache(maxsize=256)
def _checked(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """A document and what is wrong with it; clients send the same few over and over."""
    document = parse(query)
    return document, validate(_schema(), document)
