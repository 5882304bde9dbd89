"""Whether a full schema of Railway's still holds what we use: our operations, and our own extract of it.

The extract is what the stand-in of the tests answers by, so a difference means that the tests prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_schema,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)
from graphql.validation import NoDeprecatedCustomRule, specified_rules

from components.model.problems import Problem
from ops.errors import SwarmError
from ops.session import REPO

OPERATIONS = REPO / "components" / "railway" / "operations.graphql"
QUESTIONS = Path(__file__).with_name("check.graphql")
"""What `check` asks beside them."""

EXTRACT = REPO / "components" / "railway" / "schema.graphql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was compared, and what does not hold."""

    operations: int
    types: int
    fields: int
    problems: tuple[Problem, ...]


def read_schema(file: Path) -> GraphQLSchema:
    """The schema in a file.

    Raises:
        SwarmError: It is no schema in GraphQL's own language.
    """
    try:
        # Railway's own schema breaks GraphQL's rule on deprecated fields of interfaces; only its types count.
        return build_schema(file.read_text(encoding="utf-8"), assume_valid=True)
    except (OSError, UnicodeError, GraphQLSyntaxError, TypeError) as error:
        message = f"{file}: must be a schema in GraphQL's language (SDL), got {type(error).__name__}: {error}"
        raise SwarmError(message) from error


def used() -> str:
    """Everything that is ever sent."""
    return "\n".join(file.read_text(encoding="utf-8") for file in (OPERATIONS, QUESTIONS))


def compare(full: GraphQLSchema, extract: GraphQLSchema, operations: str) -> Comparison:
    """Validate the operations against `full`, and find what `extract` says otherwise than `full`."""
    document = parse(operations)
    rules = [*specified_rules, NoDeprecatedCustomRule]
    ours = {name: kind for name, kind in extract.type_map.items() if not name.startswith("__")}
    problems = [Problem("operations", error.message) for error in validate(full, document, rules)]
    fields = 0
    for name, kind in sorted(ours.items()):
        fields += len(_fields(kind))
        problems += _differences(kind, full.type_map.get(name))
    return Comparison(
        operations=len(document.definitions), types=len(ours), fields=fields, problems=tuple(problems)
    )


def _differences(ours: GraphQLNamedType, theirs: GraphQLNamedType | None) -> Iterator[Problem]:
    if theirs is None:
        yield Problem(ours.name, "must be a type of the schema")
    elif type(ours) is not type(theirs):
        yield Problem(ours.name, f"must be of kind {_kind(ours)}", _kind(theirs))
    elif isinstance(ours, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
        for value in sorted(set(ours.values) - set(theirs.values)):
            yield Problem(f"{ours.name}.{value}", "must be a value of the enum")
        for value in sorted(set(theirs.values) - set(ours.values)):
            yield Problem(
                f"{ours.name}.{value}", "must be in the extract, too", "a value that it does not know"
            )
    else:
        yield from _of_fields(ours, theirs)


def _of_fields(ours: GraphQLNamedType, theirs: GraphQLNamedType) -> Iterator[Problem]:
    known = _fields(theirs)
    for name, field in _fields(ours).items():
        path = f"{ours.name}.{name}"
        if name not in known:
            yield Problem(path, "must be a field of the type")
            continue
        yield from _typed(path, str(field.type), str(known[name].type))
        yield from _of_arguments(path, getattr(field, "args", {}), getattr(known[name], "args", {}))
    if isinstance(theirs, GraphQLInputObjectType):
        for name, wanted in theirs.fields.items():
            if is_required_input_field(wanted) and name not in _fields(ours):
                yield Problem(f"{theirs.name}.{name}", "must be in the extract: it is required", "absent")


def _of_arguments(
    path: str, ours: Mapping[str, GraphQLArgument], theirs: Mapping[str, GraphQLArgument]
) -> Iterator[Problem]:
    for name, argument in ours.items():
        if name not in theirs:
            yield Problem(f"{path}({name})", "must be an argument of the field")
        else:
            yield from _typed(f"{path}({name})", str(argument.type), str(theirs[name].type))
    for name, wanted in theirs.items():
        if is_required_argument(wanted) and name not in ours:
            yield Problem(f"{path}({name})", "must be in the extract: it is required", "absent")


def _typed(path: str, ours: str, theirs: str) -> Iterator[Problem]:
    if ours != theirs:
        yield Problem(path, f"must have type {ours}", theirs)


def _fields(kind: GraphQLNamedType) -> Mapping[str, GraphQLInputField | GraphQLField]:
    found: Mapping[str, GraphQLInputField | GraphQLField] = {}
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        found = kind.fields
    return found


def _kind(found: GraphQLNamedType) -> str:
    return type(found).__name__.removeprefix("GraphQL").removesuffix("Type").lower()
