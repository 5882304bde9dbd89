"""Questions to Railway, and never anything else: a document that could change something is not sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Final, Self

import httpx
from graphql import OperationDefinitionNode, OperationType, get_introspection_query, parse, print_ast

from components.railway.access import Access
from components.railway.answers import read_answer
from components.railway.errors import RailwayError, TransientError
from components.railway.masks import Masks
from components.railway.transport import Clock, Transport
from ops.railway.schema import used

INTROSPECTION: Final = "IntrospectionQuery"
_MAIL = re.compile(r"[^\s@<>()\"']+@[^\s@<>()\"']+\.\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An answer as it came, and what the program makes of it: its data or an error."""

    status: int
    headers: httpx.Headers
    errors: tuple[Mapping[str, Any], ...]
    data: Any
    error: RailwayError | None

    @property
    def value(self) -> Any:  # noqa: ANN401 - GraphQL's data has any form
        """The one field that was asked for.

        Raises:
            RailwayError: There is none.
        """
        if self.error is not None:
            raise self.error
        (value,) = self.data.values()
        return value


class Probe:
    """Asks with one token.

    Args:
        via: In place of the network.
    """

    def __init__(self, access: Access, *, clock: Clock, via: httpx.BaseTransport | None = None) -> None:
        self.local = access.local
        self._masks = Masks()
        self._transport = Transport(access, clock, self._masks, via=via)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    def ask(
        self, name: str, variables: Mapping[str, object] | None = None, *, as_project: bool = False
    ) -> Seen:
        """Ask one question of `questions`.

        Raises:
            TransientError: Nobody answered, or asked to come back later.
        """
        response = self._transport.post(name, questions()[name], variables or {}, as_project=as_project)
        data, error = None, None
        try:
            data = read_answer(name, response, self._masks)
        except TransientError:
            raise
        except RailwayError as found:
            error = found
        errors = tuple(_errors(response))
        return Seen(
            status=response.status_code, headers=response.headers, errors=errors, data=data, error=error
        )

    def shown(self, text: str) -> str:
        """The text without the token and without anybody's address."""
        return _MAIL.sub("(an e-mail address)", self._masks.hide(text))


@cache
def questions() -> Mapping[str, str]:
    """Every document that may be sent, by name: the program's queries, the check's and introspection."""
    found = parse(used()).definitions
    mine = {
        node.name.value: print_ast(node)
        for node in found
        if isinstance(node, OperationDefinitionNode) and node.name and node.operation is OperationType.QUERY
    }
    return {**mine, INTROSPECTION: get_introspection_query(descriptions=False)}


def _errors(response: httpx.Response) -> list[Mapping[str, Any]]:
    try:
        document = response.json()
    except ValueError:
        return []
    errors = document.get("errors") if isinstance(document, dict) else None
    return [each for each in errors or [] if isinstance(each, dict)]
